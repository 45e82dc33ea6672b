"""Retention: deletes old threads and expired rows while the server runs."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog

from app.domain.errors import StoreUnavailableError
from app.ports.storage import Storage

TOMBSTONE_LIFE = dt.timedelta(days=30)
"""Life of a tombstone: how long a cursor may name a deleted item or thread."""

PAUSE_SECONDS = 3600.0

log = structlog.get_logger(__name__)


async def apply_retention(storage: Storage, *, thread_days: int) -> int:
    """Delete threads without a new item for `thread_days`, and expired rows; return the number of threads.

    0 days deletes no thread. Idempotent. Raises `StoreUnavailableError`.
    """
    deleted = 0
    if thread_days:
        while batch := await storage.sweep(dt.timedelta(days=thread_days)):
            deleted += batch
    await storage.purge_tombstones(TOMBSTONE_LIFE)
    await storage.counters.forget()
    await storage.idempotency_keys.forget()
    await storage.scrub()
    return deleted


@asynccontextmanager
async def periodic_retention(storage: Storage, *, thread_days: int) -> AsyncIterator[None]:
    """Apply retention at once and every hour for the length of the block; safe on several servers."""
    task = asyncio.create_task(_forever(storage, thread_days))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _forever(storage: Storage, thread_days: int) -> None:
    while True:
        try:
            deleted = await apply_retention(storage, thread_days=thread_days)
            if deleted:
                log.info("old threads deleted", threads=deleted, older_than_days=thread_days)
        except StoreUnavailableError as error:
            log.warning("retention postponed", reason=error.detail)
        await asyncio.sleep(PAUSE_SECONDS)
