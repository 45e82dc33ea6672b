"""Deletes the files that nobody needs any more, while the server runs."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import structlog

from app.domain.errors import StoreUnavailableError
from app.ports.attachment_storage import AttachmentStorage
from app.ports.file_ledger import FileLedger

UNSENT_LIFE: Final = dt.timedelta(days=1)
"""How long a file may wait in the composer."""

PAUSE_SECONDS: Final = 60.0

log = structlog.get_logger(__name__)


class FileCleanup:
    """Every file whose attachment is gone goes too, and what is left of an upload whose process or client is gone; what
    cannot be deleted now is tried again."""

    def __init__(self, ledger: FileLedger, storage: AttachmentStorage) -> None:
        self._ledger = ledger
        self._storage = storage
        self._wanted = asyncio.Event()

    def soon(self) -> None:
        """Something was deleted: do not wait for the next round."""
        self._wanted.set()

    async def clean(self, unsent_life: dt.timedelta = UNSENT_LIFE) -> int:
        """One round; returns how many files went. Raises `StoreUnavailableError`; safe to run in several processes."""
        while await self._ledger.abandon_unsent(unsent_life):
            pass
        while lapsed := await self._ledger.lapsed():
            for attachment_id in {upload.attachment_id for upload in lapsed}:
                await self._storage.discard(attachment_id)
            await self._ledger.give_up(lapsed)
        return await self.clear()

    async def clear(self) -> int:
        """Delete the files that are abandoned, and return how many. Raises `StoreUnavailableError`."""
        gone = 0
        while keys := await self._ledger.abandoned():
            await self._storage.delete(keys)
            await self._ledger.cleared(keys)
            gone += len(keys)
        return gone

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Clean up at once, every minute, and whenever something was deleted."""
        task = asyncio.create_task(self._forever())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _forever(self) -> None:
        while True:
            self._wanted.clear()
            try:
                if gone := await self.clean():
                    log.info("Files deleted", files=gone)
            except StoreUnavailableError as error:
                log.warning("Files stay for now", reason=error.detail)
            with suppress(TimeoutError):
                async with asyncio.timeout(PAUSE_SECONDS):
                    await self._wanted.wait()
