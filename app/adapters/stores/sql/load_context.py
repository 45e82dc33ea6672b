"""Context of a turn: a thread, its newest items and their turn records, in one statement."""

from collections.abc import Sequence
from itertools import product
from typing import Any, NamedTuple

from sqlalchemy import Integer, Select, and_, bindparam, case, func, select, true, union_all

from app.adapters.stores.sql.database import Database
from app.adapters.stores.sql.prepared import Parameters, Prepared
from app.adapters.stores.sql.tables import thread_items as items
from app.adapters.stores.sql.tables import thread_summaries, threads, turns
from app.adapters.stores.sql.thread_statements import ITEM, SCOPE, USER, added_item

_COLUMNS = (items.c.id, items.c.created_at, items.c.seq, items.c.body)
_ROWS = bindparam("rows", type_=Integer)


class ContextLoader:
    """Loads a row per item, newest first; one row without an item for an empty thread, none for another user's."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._add = Prepared(added_item(database))
        wanted = [ContextQuery(*pair) for pair in product((True, False), repeat=2)]
        self._find = {query: Prepared(query.statement(_newest(query.sees_hidden))) for query in wanted}
        # PostgreSQL inserts in the same statement, which does not see its new row in the table.
        self._add_and_find = {
            query: Prepared(query.statement(_newest_and_added(database, query.sees_hidden))) for query in wanted
        }

    async def rows(self, values: Parameters, query: "ContextQuery", *, adds: bool) -> Sequence[Any]:
        """Load the rows; `adds` inserts an item first. Raises `IntegrityError` when the thread is deleted meanwhile."""
        if not adds:
            return await self._database.rows(self._find[query], values)
        if self._database.name == "postgresql":
            return await self._database.rows(self._add_and_find[query], values)
        _, found = await self._database.run((self._add, values), (self._find[query], values))
        return found.rows


class ContextQuery(NamedTuple):
    """What the rows hold: hidden items or not, and in the first row the summary of the thread or not."""

    sees_hidden: bool
    with_summary: bool

    def statement(self, newest: Any) -> Select[Any]:
        """The query of the rows on `newest` items."""
        item = newest.subquery("item")
        order = (item.c.created_at.desc(), item.c.seq.desc())
        answered = and_(turns.c.thread_id == SCOPE, turns.c.after_item_id == item.c.id)
        columns = [
            threads.c.body.label("thread"),
            threads.c.created_at.label("begun_at"),
            item.c.body,
            item.c.created_at,
            turns.c.body.label("turn"),
        ]
        if self.with_summary:
            summary = select(thread_summaries.c.body).where(thread_summaries.c.thread_id == SCOPE).scalar_subquery()
            columns.append(case((func.row_number().over(order_by=order) == 1, summary)).label("summary"))
        return (
            select(*columns)
            .select_from(threads.outerjoin(item, true()).outerjoin(turns, answered))
            .where(threads.c.id == SCOPE, threads.c.user_id == USER)
            .order_by(*order)
            .limit(_ROWS)
        )


def _newest(sees_hidden: bool, *where: Any) -> Select[Any]:
    query = select(*_COLUMNS).where(items.c.thread_id == SCOPE, *where)
    if not sees_hidden:
        query = query.where(~items.c.hidden)
    return query.order_by(items.c.created_at.desc(), items.c.seq.desc()).limit(_ROWS)


def _newest_and_added(database: Database, sees_hidden: bool) -> Any:
    added = added_item(database).returning(*_COLUMNS, items.c.hidden).cte("added")
    row = select(*(added.c[column.name] for column in _COLUMNS))
    if not sees_hidden:
        row = row.where(~added.c.hidden)
    return union_all(_newest(sees_hidden, items.c.id != ITEM).subquery().select(), row)
