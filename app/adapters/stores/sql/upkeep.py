"""Retention and erasure in SQL: old threads, old tombstones, all data of a user."""

import datetime as dt
from typing import Any

from sqlalchemy import Select, bindparam, delete, func, select

from app.adapters.stores.sql.clock import FromNow, duration
from app.adapters.stores.sql.database import Database
from app.adapters.stores.sql.files import abandon
from app.adapters.stores.sql.paging import leave_tombstone
from app.adapters.stores.sql.tables import (
    attachments,
    metadata,
    posted_signals,
    running_turns,
    tasks,
    thread_items,
    threads,
    tombstones,
)
from app.adapters.stores.sql.types import AnyText
from app.application.threads.change_feed import signal_prefix
from app.ports.storage import Erasure

BATCH = 100
"""Threads deleted in one transaction, during which other writers on SQLite wait."""

_USER = bindparam("user_id", type_=AnyText)
_BEFORE = FromNow(-duration("seconds"))
_IDS = bindparam("ids", type_=AnyText, expanding=True)

# A scalar subquery: for a join a planner might read all items.
_last_item = (
    select(thread_items.c.created_at)
    .where(thread_items.c.thread_id == threads.c.id)
    .order_by(thread_items.c.created_at.desc(), thread_items.c.seq.desc())
    .limit(1)
    .scalar_subquery()
)
_old = (
    select(threads.c.id)
    .where(threads.c.created_at < _BEFORE, func.coalesce(_last_item, threads.c.created_at) < _BEFORE)
    .order_by(threads.c.created_at)
    .limit(bindparam("rows"))
)
_owned = select(threads.c.id).where(threads.c.user_id == _USER).limit(bindparam("rows"))
_delete_threads = (
    delete(threads)
    .where(threads.c.id.in_(_IDS))
    .returning(threads.c.id, threads.c.user_id, threads.c.created_at, threads.c.seq)
)
_delete_item_tombstones = delete(tombstones).where(tombstones.c.kind == "item", tombstones.c.scope.in_(_IDS))
_purge_tombstones = delete(tombstones).where(tombstones.c.deleted_at < _BEFORE)
_lock = select(threads.c.id).where(threads.c.id.in_(_IDS)).order_by(threads.c.id).with_for_update()
_delete_attachments = delete(attachments).where(attachments.c.user_id == _USER)
_delete_cursors = delete(tombstones).where(tombstones.c.kind.in_(["thread", "task"]), tombstones.c.scope == _USER)
_running = select(running_turns.c.id).where(running_turns.c.user_id == _USER, running_turns.c.ended_at.is_(None))
_PREFIX = bindparam("prefix", type_=AnyText)
_delete_signals = delete(posted_signals).where(func.substr(posted_signals.c.signal, 1, func.length(_PREFIX)) == _PREFIX)
_DELETED_BEFORE = (threads, attachments, running_turns)
_OF_USERS = [table for table in metadata.sorted_tables if "user_id" in table.c and table not in _DELETED_BEFORE]
"""Further tables with a user: turns are deleted with their threads, threads leave tombstones, attachments files."""

_delete_tasks = delete(tasks).where(tasks.c.user_id == _USER)


async def sweep(database: Database, age: dt.timedelta, batch: int) -> int:
    """See `Storage.sweep`."""
    return await _delete_some(database, _old, {"seconds": age.total_seconds(), "rows": batch})


async def purge_tombstones(database: Database, age: dt.timedelta) -> None:
    """See `Storage.purge_tombstones`."""
    await database.write(_purge_tombstones, {"seconds": age.total_seconds()})


async def erase(database: Database, user_id: str) -> Erasure:
    """See `Storage.erase`."""
    gone, running = 0, await database.rows(_running, {"user_id": user_id})
    while deleted := await _delete_some(database, _owned, {"user_id": user_id, "rows": BATCH}):
        gone += deleted
    tasks_gone = await database.write(_delete_tasks, {"user_id": user_id})
    async with database.transaction() as connection:
        await connection.execute(abandon(database, attachments.c.user_id == user_id))
        await connection.execute(_delete_attachments, {"user_id": user_id})
    await database.write(_delete_cursors, {"user_id": user_id})
    for table in _OF_USERS:
        await database.write(delete(table).where(table.c.user_id == _USER), {"user_id": user_id})
    prefix = signal_prefix(user_id)
    await database.write(_delete_signals, {"prefix": prefix})
    return Erasure(threads=gone, tasks=tasks_gone, is_recent=bool(running))


async def _delete_some(database: Database, query: Select[Any], parameters: dict[str, Any]) -> int:
    """Delete the threads that `query` finds, and leave tombstones for cursors."""
    ids = [row.id for row in await database.rows(query, parameters)]
    if not ids:
        return 0
    async with database.transaction() as connection:
        # The lock keeps new attachments away, so no file is missed.
        await connection.execute(_lock, {"ids": ids})
        await connection.execute(abandon(database, attachments.c.thread_id.in_(ids)))
        gone = (await connection.execute(_delete_threads, {"ids": ids})).all()
        await connection.execute(_delete_item_tombstones, {"ids": ids})
        for row in gone:
            await connection.execute(leave_tombstone(database, "thread", row.user_id, row.id, row))
    # Another process may have deleted some of them; the count includes those.
    return len(ids)
