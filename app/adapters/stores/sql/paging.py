"""Keyset pages: read along an index, behind a cursor whose row may be deleted."""

import operator
from typing import Any, Literal, Protocol

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Executable,
    Row,
    Select,
    Table,
    and_,
    bindparam,
    func,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.base import ColumnCollection
from sqlalchemy.sql.functions import FunctionElement

from app.adapters.stores.sql.clock import Now
from app.adapters.stores.sql.database import Database
from app.adapters.stores.sql.tables import tombstones
from app.ports.thread_store import PAGE_BYTES

Kind = Literal["item", "thread", "task"]


class stored_bytes(FunctionElement[int]):  # noqa: N801  # named as the functions of SQL are
    """Bytes of a text; PostgreSQL knows the number without reading the text."""

    type = BigInteger()
    inherit_cache = True


@compiles(stored_bytes)
def _octets(element: Any, compiler: Any, **how: Any) -> str:
    return f"octet_length({compiler.process(element.clauses, **how)})"


@compiles(stored_bytes, "sqlite")
def _octets_of_sqlite(element: Any, compiler: Any, **how: Any) -> str:
    return f"length(CAST({compiler.process(element.clauses, **how)} AS BLOB))"


def position(table: Table, kind: Kind, scope: ColumnElement[Any]) -> Select[Any]:
    """Position of the row `:after` in the list `:scope`, also of a deleted one, by its tombstone."""
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
    # Two ranges of the index instead of one row comparison: SQLite's planner would use only the times of a row
    # comparison, and read all items with the cursor's time.
    time, seq = table.c.created_at, table.c.seq
    ahead = operator.gt if order == "asc" else operator.lt
    ranges = (and_(time == at, ahead(seq, number)), ahead(time, at))
    parts = [_ordered(query.where(rows), table.c, order).subquery() for rows in ranges]
    both = union_all(*(select(part) for part in parts)).subquery()
    return _ordered(select(both), both.c, order)


def bounded_page(table: Table, scope: ColumnElement[bool], order: str, start: Select[Any] | None) -> Select[Any]:
    """`body` and `created_at` of a keyset page, which ends early at `PAGE_BYTES`; `found` is the number of rows up to
    `:rows`. Bodies are read last, so that the database does not hold those beyond the limit."""
    sizes = select(table.c.created_at, table.c.seq, stored_bytes(table.c.body).label("size")).where(scope)
    listed = page(sizes, table, order, start).subquery("listed")
    so_far = func.sum(listed.c.size).over(order_by=_keys(listed.c, order), rows=(None, 0))
    counted = select(listed, so_far.label("so_far"), func.count().over().label("found")).subquery("counted")
    kept = table.alias("kept")
    body = select(kept.c.body).where(kept.c.seq == counted.c.seq).scalar_subquery()
    return (
        select(body.label("body"), counted.c.created_at, counted.c.found)
        .where(or_(counted.c.so_far <= PAGE_BYTES, counted.c.so_far == counted.c.size))
        .order_by(*_keys(counted.c, order))
    )


def _ordered(query: Select[Any], columns: ColumnCollection[str, Any], order: str) -> Select[Any]:
    return query.order_by(*_keys(columns, order)).limit(bindparam("rows"))


def _keys(columns: ColumnCollection[str, Any], order: str) -> list[ColumnElement[Any]]:
    return [column.asc() if order == "asc" else column.desc() for column in (columns.created_at, columns.seq)]


class Positioned(Protocol):
    """A row with a position in a list."""

    created_at: Any
    seq: Any


def leave_tombstone(database: Database, kind: Kind, scope: str, id_: str, row: Row[Any] | Positioned) -> Executable:
    """Leave a tombstone: the position of a deleted row, for cursors that name the row."""
    statement = database.insert(tombstones).values(
        kind=kind, scope=scope, id=id_, created_at=row.created_at, seq=row.seq, deleted_at=Now()
    )
    changed = {name: statement.excluded[name] for name in ("created_at", "seq", "deleted_at")}
    written: Executable = statement.on_conflict_do_update(index_elements=["kind", "scope", "id"], set_=changed)
    return written
