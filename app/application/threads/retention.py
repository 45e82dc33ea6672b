"""Lets go of what is kept no longer, while the server runs."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog

from app.domain.errors import StoreUnavailableError
from app.ports.storage import Storage

CURSOR_LIFE = dt.timedelta(days=30)
"""How long a client may page on from something that was deleted."""

PAUSE_SECONDS = 3600.0

log = structlog.get_logger(__name__)


async def apply_retention(storage: Storage, *, thread_days: int) -> int:
    """Delete the threads that nobody wrote in for `thread_days`, none when it is 0; returns how many went."""
    gone = 0
    if thread_days:
        while swept := await storage.sweep(dt.timedelta(days=thread_days)):
            gone += swept
    await storage.purge_tombstones(CURSOR_LIFE)
    await storage.counters.forget()
    await storage.idempotency_keys.forget()
    await storage.scrub()
    return gone


@asynccontextmanager
async def periodic_retention(storage: Storage, *, thread_days: int) -> AsyncIterator[None]:
    """Do so at once and every hour; several servers on one database do not disturb each other."""
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
            gone = await apply_retention(storage, thread_days=thread_days)
            if gone:
                log.info("Old threads deleted", threads=gone, older_than_days=thread_days)
        except StoreUnavailableError as error:
            log.warning("Old threads stay for now", reason=error.detail)
        await asyncio.sleep(PAUSE_SECONDS)
