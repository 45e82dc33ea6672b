"""The room that an upload holds in its user's quota, for all replicas: reserved before bytes are taken."""

import datetime as dt
import time
from typing import Final

from app.domain.errors import ConflictError, InvalidInputError
from app.domain.language import _
from app.ports.file_ledger import FileLedger, Upload

LIFE: Final = dt.timedelta(minutes=2)
"""How long room is held for a client that sends nothing, and after a process died."""

RENEWAL_SECONDS: Final = LIFE.total_seconds() / 4

STEP_BYTES: Final = 256 * 1024
"""Reserved at a time for an upload that does not say how large it is."""

FORM_BYTES: Final = 64 * 1024
"""What a form may hold beside its file: the length of a body says no more than that its file is not larger."""


class NoRoomError(InvalidInputError):
    """The user's quota is used up."""

    def __init__(self) -> None:
        super().__init__(_("You have no room for more files. Delete chats with files that you do not need."))


class UploadRoom:
    """One reservation, which grows and is renewed while bytes arrive; `at_most` is the quota, None for none."""

    def __init__(self, ledger: FileLedger, upload: Upload, *, at_most: int | None) -> None:
        self._ledger = ledger
        self._upload = upload
        self._at_most = at_most
        self._held = 0
        self._renewed = 0.0

    async def open(self, size: int | None, *, exact: bool) -> None:
        """Reserve `size` bytes, or none yet when the size is unknown. Of a size that is not `exact` the file may be a
        little smaller. Raises `NoRoomError` when there is no room."""
        if size is None:
            await self._reserve(0)
        elif (lacking := await self._try(size)) > 0:
            if exact or lacking > FORM_BYTES:
                raise NoRoomError
            await self._reserve(0)

    async def hold(self, size: int) -> None:
        """See that `size` bytes are reserved. Raises `NoRoomError` when there is no room, and `ConflictError` when
        the reservation has lapsed."""
        if size > self._held:
            if await self._try(size + STEP_BYTES) > 0:
                await self._reserve(size)
        elif time.monotonic() - self._renewed > RENEWAL_SECONDS:
            if not await self._ledger.renew(self._upload, life=LIFE):
                raise lapsed()
            self._renewed = time.monotonic()

    async def _reserve(self, size: int) -> None:
        if await self._try(size) > 0:
            raise NoRoomError

    async def _try(self, size: int) -> int:
        lacking = await self._ledger.reserve(self._upload, size, at_most=self._at_most, life=LIFE)
        if not lacking:
            self._held, self._renewed = size, time.monotonic()
        return lacking


def lapsed() -> ConflictError:
    """The upload took so long a break that its room was given to others."""
    return ConflictError(_("The upload took too long. Please try again."))
