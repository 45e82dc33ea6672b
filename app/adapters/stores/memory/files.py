"""The ledger of files in dictionaries."""

import datetime as dt
from collections.abc import Sequence
from itertools import islice

from chatkit.types import Attachment

from app.adapters.stores.memory.threads import MemoryThreadStore
from app.domain.identity import RequestContext
from app.ports.file_ledger import FileLedger, size_of


class MemoryFileLedger(FileLedger):
    """`FileLedger` beside the threads."""

    def __init__(self, threads: MemoryThreadStore) -> None:
        self._threads = threads

    async def of_user(self, user_id: str, *, after: str = "", limit: int = 100) -> Sequence[str]:
        ids = sorted(kept.id for kept in self._threads.attachments_of(user_id))
        return [*islice((id_ for id_ in ids if id_ > after), limit)]

    async def used(self, user_id: str) -> int:
        return sum(kept.size for kept in self._threads.attachments_of(user_id))

    async def save(self, attachment: Attachment, context: RequestContext, *, at_most: int) -> bool:
        others = (kept for kept in self._threads.attachments_of(context.user_id) if kept.id != attachment.id)
        if sum(kept.size for kept in others) + size_of(attachment) > at_most:
            return False
        await self._threads.save_attachment(attachment, context)
        return True

    async def abandon_unsent(self, before: dt.datetime, *, batch: int = 100) -> int:
        return self._threads.abandon_unsent(before, batch)

    async def abandoned(self, *, limit: int = 100) -> Sequence[str]:
        return [*islice(self._threads.abandoned, limit)]

    async def cleared(self, keys: Sequence[str]) -> None:
        for key in keys:
            self._threads.abandoned.pop(key, None)
