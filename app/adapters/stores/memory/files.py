"""File ledger in dictionaries."""

import datetime as dt
import time
from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from chatkit.types import Attachment

from app.adapters.stores.memory.threads import MemoryThreadStore
from app.domain.clock import clock
from app.domain.identity import RequestContext
from app.ports.file_ledger import FileLedger, Upload


class _Reservation(NamedTuple):
    upload: Upload
    size: int
    until: float
    """Seconds of the monotonic clock."""


class MemoryFileLedger(FileLedger):
    """`FileLedger` on the attachments of a `MemoryThreadStore`."""

    def __init__(self, threads: MemoryThreadStore) -> None:
        self._threads = threads
        self._reserved: dict[str, _Reservation] = {}

    async def of_user(self, user_id: str, *, after: str = "", limit: int = 100) -> Sequence[str]:
        ids = sorted(kept.id for kept in self._threads.attachments_of(user_id))
        return [*islice((id_ for id_ in ids if id_ > after), limit)]

    async def used(self, user_id: str) -> int:
        return self._taken(user_id)

    async def announce(
        self, attachment: Attachment, context: RequestContext, size: int, *, at_most: int | None, life: dt.timedelta
    ) -> bool:
        upload = Upload(id=attachment.id, attachment_id=attachment.id, user_id=context.user_id)
        if await self.reserve(upload, size, at_most=at_most, life=life):
            return False
        await self._threads.save_attachment(attachment, context)
        return True

    async def reserve(self, upload: Upload, size: int, *, at_most: int | None, life: dt.timedelta) -> int:
        if at_most is not None and (lacking := self._taken(upload.user_id, beside=upload) + size - at_most) > 0:
            return lacking
        self._reserved[upload.id] = _Reservation(upload, size, time.monotonic() + life.total_seconds())
        return 0

    async def renew(self, upload: Upload, *, life: dt.timedelta) -> bool:
        if (held := self._reserved.get(upload.id)) is None:
            return False
        self._reserved[upload.id] = held._replace(until=time.monotonic() + life.total_seconds())
        return True

    async def settle(self, upload: Upload, attachment: Attachment, context: RequestContext, *, announced: bool) -> bool:
        settled = self._reserved.pop(upload.id, None) is not None
        if settled and announced:
            settled = self._threads.is_unsent(attachment.id, context.user_id)
            self._reserved.pop(attachment.id, None)
        if settled:
            await self._threads.save_attachment(attachment, context)
        else:
            self._threads.abandon_orphan(upload.attachment_id)
        return settled

    async def release(self, upload: Upload) -> None:
        self._reserved.pop(upload.id, None)

    async def lapsed(self, *, limit: int = 100) -> Sequence[Upload]:
        now = time.monotonic()
        busy = {
            held.upload.attachment_id
            for held in self._reserved.values()
            if held.until >= now and not held.upload.announces
        }
        over = (held for held in self._reserved.values() if held.until < now)
        return [*islice((held.upload for held in over if held.upload.attachment_id not in busy), limit)]

    async def give_up(self, uploads: Sequence[Upload]) -> None:
        for upload in uploads:
            held = self._reserved.get(upload.id)
            if held is None or held.until >= time.monotonic():
                continue
            del self._reserved[upload.id]
            if upload.announces and self._threads.is_unsent(upload.attachment_id, upload.user_id):
                await self._threads.delete_attachment(upload.attachment_id, RequestContext(user_id=upload.user_id))
            self._threads.abandon_orphan(upload.attachment_id)

    async def abandon_unsent(self, age: dt.timedelta, *, batch: int = 100) -> int:
        return self._threads.abandon_unsent(clock.now() - age, batch)

    async def abandoned(self, *, limit: int = 100) -> Sequence[str]:
        return [*islice(self._threads.abandoned, limit)]

    async def cleared(self, keys: Sequence[str]) -> None:
        for key in keys:
            self._threads.abandoned.pop(key, None)

    def _taken(self, user_id: str, beside: Upload | None = None) -> int:
        """Bytes of a user's attachments and reservations, without the upload `beside` and its announcement."""
        stored = {kept.id: kept.size for kept in self._threads.attachments_of(user_id)}
        mine = [held for held in self._reserved.values() if held.upload.user_id == user_id]
        coming = [held for held in mine if not held.upload.announces and held.upload != beside]
        brought = {held.upload.attachment_id for held in coming} | ({beside.attachment_id} if beside else set())
        awaited = [held for held in mine if held.upload.announces and held.upload.id in stored.keys() - brought]
        return sum(stored.values()) + sum(held.size for held in (*coming, *awaited))
