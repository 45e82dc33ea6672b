"""File cleanup: deletes files without an attachment, while the server runs."""

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
"""Lifetime of a file that was uploaded but not sent."""

PAUSE_SECONDS: Final = 60.0

log = structlog.get_logger(__name__)


class FileCleanup:
    """Deletes files of deleted attachments and the remains of abandoned uploads; failed deletions are retried."""

    def __init__(self, ledger: FileLedger, storage: AttachmentStorage) -> None:
        self._ledger = ledger
        self._storage = storage
        self._requested = asyncio.Event()

    def request(self) -> None:
        """Request a round now. Never waits; idempotent."""
        self._requested.set()

    async def clean(self, unsent_life: dt.timedelta = UNSENT_LIFE) -> int:
        """Run one round and return the number of deleted files. Safe in several processes at once.

        Raises `StoreUnavailableError`.
        """
        while await self._ledger.abandon_unsent(unsent_life):
            pass
        while lapsed := await self._ledger.lapsed():
            for attachment_id in {upload.attachment_id for upload in lapsed}:
                await self._storage.discard(attachment_id)
            await self._ledger.give_up(lapsed)
        return await self.clear()

    async def clear(self) -> int:
        """Delete all abandoned files and return their number. Raises `StoreUnavailableError`."""
        gone = 0
        while keys := await self._ledger.abandoned():
            await self._storage.delete(keys)
            await self._ledger.cleared(keys)
            gone += len(keys)
        return gone

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run a round at once, every `PAUSE_SECONDS`, and on each request, until the block ends."""
        task = asyncio.create_task(self._forever())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _forever(self) -> None:
        while True:
            self._requested.clear()
            try:
                if gone := await self.clean():
                    log.info("files deleted", files=gone)
            except StoreUnavailableError as error:
                log.warning("file cleanup postponed", reason=error.detail)
            with suppress(TimeoutError):
                async with asyncio.timeout(PAUSE_SECONDS):
                    await self._requested.wait()
