"""Pages of a list: read along an index, started behind a cursor that may be gone."""

import datetime as dt
import operator
from typing import Any, Literal

from sqlalchemy import ColumnElement, Executable, Row, Select, Table, and_, bindparam, select, union_all
from sqlalchemy.sql.base import ColumnCollection

from app.adapters.stores.sql.database import Database
from app.adapters.stores.sql.tables import tombstones

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
    """At most `:rows` rows of `query`, in `order`, behind `start`; none when `start` finds nothing.

    `query` selects `created_at` and `seq` of `table`, among others.
    """
    if start is None:
        return _ordered(query, table.c, order)
    place = start.cte("place")
    at, number = (select(column).scalar_subquery() for column in place.c)
    # Two ranges of the index instead of one comparison of rows, of which SQLite's planner would take only the times
    # into account: behind a cursor in a thousand items of one moment it would read the thousand.
    time, seq = table.c.created_at, table.c.seq
    ahead = operator.gt if order == "asc" else operator.lt
    ranges = (and_(time == at, ahead(seq, number)), ahead(time, at))
    parts = [_ordered(query.where(rows), table.c, order).subquery() for rows in ranges]
    both = union_all(*(select(part) for part in parts)).subquery()
    return _ordered(select(both), both.c, order)


def _ordered(query: Select[Any], columns: ColumnCollection[str, Any], order: str) -> Select[Any]:
    key = (columns.created_at, columns.seq)
    ordered = query.order_by(*(column.asc() if order == "asc" else column.desc() for column in key))
    return ordered.limit(bindparam("rows"))


def bury(database: Database, kind: Kind, scope: str, id_: str, row: Row[Any]) -> Executable:
    """Keep the position of a row that was deleted, for cursors that name it."""
    statement = database.insert(tombstones).values(
        kind=kind, scope=scope, id=id_, created_at=row.created_at, seq=row.seq, deleted_at=dt.datetime.now(dt.UTC)
    )
    changed = {name: statement.excluded[name] for name in ("created_at", "seq", "deleted_at")}
    buried: Executable = statement.on_conflict_do_update(index_elements=["kind", "scope", "id"], set_=changed)
    return buried
