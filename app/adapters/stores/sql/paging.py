"""Pages of a list: read along an index, started behind a cursor that may be gone."""

import datetime as dt
from typing import Any, Literal

from sqlalchemy import ColumnElement, Executable, Row, Select, Table, bindparam, select, tuple_

from app.adapters.stores.sql.database import Database
from app.adapters.stores.sql.tables import tombstones

Order = Literal["asc", "desc"]
Kind = Literal["item", "thread", "task"]


def position(table: Table, kind: Kind, scope: ColumnElement[Any]) -> Select[Any]:
    """Where the row `:after` of the list `:scope` stands, or stood until it was deleted."""
    alive = select(table.c.created_at, table.c.seq).where(scope == bindparam("scope"), table.c.id == bindparam("after"))
    gone = select(tombstones.c.created_at, tombstones.c.seq).where(
        tombstones.c.kind == kind,
        tombstones.c.scope == bindparam("scope"),
        tombstones.c.id == bindparam("after"),
    )
    both = alive.union_all(gone).subquery()
    # A row that was deleted and came back has a higher number than it had.
    return select(both.c.created_at, both.c.seq).order_by(both.c.seq.desc()).limit(1)


def page(query: Select[Any], table: Table, order: str, start: Select[Any] | None) -> Select[Any]:
    """At most `:rows` rows of `query`, in `order`, behind `start`; none when `start` finds nothing."""
    key = tuple_(table.c.created_at, table.c.seq)
    if start is not None:
        behind = start.scalar_subquery()
        query = query.where(key > behind if order == "asc" else key < behind)
    columns = (table.c.created_at, table.c.seq)
    query = query.order_by(*(column.asc() if order == "asc" else column.desc() for column in columns))
    return query.limit(bindparam("rows"))


def bury(database: Database, kind: Kind, scope: str, id_: str, row: Row[Any]) -> Executable:
    """Keep the position of a row that was deleted, for cursors that name it."""
    statement = database.insert(tombstones).values(
        kind=kind, scope=scope, id=id_, created_at=row.created_at, seq=row.seq, deleted_at=dt.datetime.now(dt.UTC)
    )
    changed = {name: statement.excluded[name] for name in ("created_at", "seq", "deleted_at")}
    buried: Executable = statement.on_conflict_do_update(index_elements=["kind", "scope", "id"], set_=changed)
    return buried
