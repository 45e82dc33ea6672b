"""Context of a turn: a thread, its newest items and their turn records, in one statement."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Integer, Select, and_, bindparam, select, true, union_all

from app.adapters.stores.sql.database import Database
from app.adapters.stores.sql.prepared import Parameters, Prepared
from app.adapters.stores.sql.tables import thread_items as items
from app.adapters.stores.sql.tables import threads, turns
from app.adapters.stores.sql.thread_statements import ITEM, SCOPE, USER, added_item

_COLUMNS = (items.c.id, items.c.created_at, items.c.seq, items.c.body)
_ROWS = bindparam("rows", type_=Integer)


class ContextLoader:
    """Loads a row per item, newest first; one row without an item for an empty thread, none for another user's."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._add = Prepared(added_item(database))
        self._find = {shown: Prepared(_context_query(_newest(shown))) for shown in (True, False)}
        # PostgreSQL inserts in the same statement, which does not see its new row in the table.
        self._add_and_find = {
            shown: Prepared(_context_query(_newest_and_added(database, shown))) for shown in (True, False)
        }

    async def rows(self, values: Parameters, *, adds: bool, sees_hidden: bool) -> Sequence[Any]:
        """Load the rows; `adds` inserts an item first. Raises `IntegrityError` when the thread is deleted meanwhile."""
        if not adds:
            return await self._database.rows(self._find[sees_hidden], values)
        if self._database.name == "postgresql":
            return await self._database.rows(self._add_and_find[sees_hidden], values)
        _, found = await self._database.run((self._add, values), (self._find[sees_hidden], values))
        return found.rows


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


def _context_query(newest: Any) -> Select[Any]:
    item = newest.subquery("item")
    answered = and_(turns.c.thread_id == SCOPE, turns.c.after_item_id == item.c.id)
    return (
        select(
            threads.c.body.label("thread"),
            threads.c.created_at.label("begun_at"),
            item.c.body,
            item.c.created_at,
            turns.c.body.label("turn"),
        )
        .select_from(threads.outerjoin(item, true()).outerjoin(turns, answered))
        .where(threads.c.id == SCOPE, threads.c.user_id == USER)
        .order_by(item.c.created_at.desc(), item.c.seq.desc())
        .limit(_ROWS)
    )
