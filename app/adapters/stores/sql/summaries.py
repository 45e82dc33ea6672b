"""Thread summaries in SQL, and the deletion of a summary with an item that it covers."""

import json
from typing import Any

import msgspec
from chatkit.store import NotFoundError
from sqlalchemy import BigInteger, ColumnElement, and_, bindparam, delete, func, insert, or_, select

from app.adapters.stores.sql.database import Database
from app.adapters.stores.sql.prepared import Prepared
from app.adapters.stores.sql.tables import thread_items as items
from app.adapters.stores.sql.tables import thread_summaries as summaries
from app.adapters.stores.sql.tables import threads
from app.adapters.stores.sql.thread_statements import ITEM, SCOPE, USER
from app.adapters.stores.sql.types import UtcDateTime
from app.domain.identity import RequestContext
from app.ports.thread_summaries import ThreadSummaries, ThreadSummary

_AT, _SEQ = bindparam("at", type_=UtcDateTime), bindparam("position", type_=BigInteger)
_SINCE, _SINCE_SEQ = bindparam("since", type_=UtcDateTime), bindparam("since_seq", type_=BigInteger)

locked_thread = (
    select(threads.c.id).where(threads.c.id == SCOPE, threads.c.user_id == USER).with_for_update(key_share=True)
)
"""The caller's thread, locked until the end of the transaction; items can be added meanwhile.

A deletion of an item and a save of a summary take this lock first: else a summary of the item could be saved while the
item is being deleted, and neither transaction would see the other.
"""

delete_covering = delete(summaries).where(
    summaries.c.thread_id == SCOPE,
    or_(summaries.c.until_created_at > _AT, and_(summaries.c.until_created_at == _AT, summaries.c.until_seq >= _SEQ)),
)
"""Delete the summary that covers the item at `:at`, `:position`."""

_load = Prepared(
    select(summaries.c.body)
    .select_from(threads.outerjoin(summaries, summaries.c.thread_id == threads.c.id))
    .where(threads.c.id == SCOPE, threads.c.user_id == USER)
)
_present = select(summaries.c.id, summaries.c.until_created_at, summaries.c.until_seq).where(
    summaries.c.thread_id == SCOPE
)
_until = select(items.c.created_at, items.c.seq).where(items.c.thread_id == SCOPE, items.c.id == ITEM)
_delete = delete(summaries).where(summaries.c.thread_id == SCOPE)


def _up_to(at: ColumnElement[Any], seq: ColumnElement[Any]) -> ColumnElement[bool]:
    """True for an item of the thread up to a position; two conditions, because SQLite's planner uses only the times of
    a row comparison."""
    return and_(items.c.created_at <= at, or_(items.c.created_at < at, items.c.seq <= seq))


_of_thread = select(func.count()).select_from(items).where(items.c.thread_id == SCOPE, _up_to(_AT, _SEQ))
_behind = _of_thread.where(items.c.created_at >= _SINCE, or_(items.c.created_at > _SINCE, items.c.seq > _SINCE_SEQ))


class SqlThreadSummaries(ThreadSummaries):
    """`ThreadSummaries` on PostgreSQL or SQLite."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, summary: ThreadSummary, context: RequestContext, *, replacing: str | None, items: int) -> bool:
        scope: dict[str, Any] = {"scope": summary.thread_id}
        async with self._database.transaction() as connection:
            if not (await connection.execute(locked_thread, {**scope, "user_id": context.user_id})).all():
                raise _not_found(summary.thread_id)
            present = (await connection.execute(_present, scope)).one_or_none()
            until = (await connection.execute(_until, {**scope, "item_id": summary.until_item_id})).one_or_none()
            if until is None or (present.id if present else None) != replacing:
                return False
            between = {**scope, "at": until.created_at, "position": until.seq}
            if present is not None:
                between |= {"since": present.until_created_at, "since_seq": present.until_seq}
            if (await connection.execute(_behind if present else _of_thread, between)).scalar_one() != items:
                return False
            await connection.execute(_delete, scope)
            row = insert(summaries).values(
                thread_id=summary.thread_id,
                id=summary.id,
                until_created_at=until.created_at,
                until_seq=until.seq,
                body=json.dumps(msgspec.to_builtins(summary)),
            )
            await connection.execute(row)
        return True

    async def load(self, thread_id: str, context: RequestContext) -> ThreadSummary | None:
        row = await self._database.row(_load, {"scope": thread_id, "user_id": context.user_id})
        if row is None:
            raise _not_found(thread_id)
        return summary_of(row.body)


def summary_of(body: str | None) -> ThreadSummary | None:
    """Decode a stored summary; its JSON is of the standard library, because a model may write half an emoji."""
    return None if body is None else msgspec.convert(json.loads(body), ThreadSummary)


def _not_found(thread_id: str) -> NotFoundError:
    return NotFoundError(f"Thread {thread_id} not found")
