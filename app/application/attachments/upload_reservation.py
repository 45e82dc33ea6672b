"""Upload reservation: bytes of a user's quota, reserved for all replicas before they are received."""

import datetime as dt
import time
from typing import Final

from app.domain.errors import ConflictError, InvalidInputError
from app.domain.language import _
from app.ports.file_ledger import FileLedger, Upload

LIFE: Final = dt.timedelta(minutes=2)
"""Lifetime of a reservation without renewal: of a client that sends nothing, or of a dead process."""

RENEWAL_SECONDS: Final = LIFE.total_seconds() / 4

STEP_BYTES: Final = 256 * 1024
"""Step by which the reservation of an upload without a declared size grows."""

FORM_BYTES: Final = 64 * 1024
"""Bytes of a form beside its file: the length of the body is only an upper bound of the file's size."""


class QuotaExceededError(InvalidInputError):
    """The user's quota does not allow the file."""

    def __init__(self) -> None:
        super().__init__(_("You have no room for more files. Delete chats with files that you do not need."))


class UploadReservation:
    """The reservation of one upload, extended and renewed while bytes arrive; `at_most` is the quota in bytes."""

    def __init__(self, ledger: FileLedger, upload: Upload, *, at_most: int | None) -> None:
        self._ledger = ledger
        self._upload = upload
        self._at_most = at_most
        self._held = 0
        self._renewed = 0.0

    async def reserve(self, size: int | None, *, exact: bool) -> None:
        """Reserve `size` bytes, or 0 for an unknown size. Unless `exact`, the file may be `FORM_BYTES` smaller.

        Raises `QuotaExceededError`.
        """
        if size is None:
            await self._reserve(0)
        elif (lacking := await self._try(size)) > 0:
            if exact or lacking > FORM_BYTES:
                raise QuotaExceededError
            await self._reserve(0)

    async def extend(self, size: int) -> None:
        """Extend the reservation to `size` bytes, and renew it in time. Raises `QuotaExceededError`, and
        `ConflictError` when the reservation has lapsed."""
        if size > self._held:
            if await self._try(size + STEP_BYTES) > 0:
                await self._reserve(size)
        elif time.monotonic() - self._renewed > RENEWAL_SECONDS:
            if not await self._ledger.renew(self._upload, life=LIFE):
                raise reservation_lapsed()
            self._renewed = time.monotonic()

    async def _reserve(self, size: int) -> None:
        if await self._try(size) > 0:
            raise QuotaExceededError

    async def _try(self, size: int) -> int:
        lacking = await self._ledger.reserve(self._upload, size, at_most=self._at_most, life=LIFE)
        if not lacking:
            self._held, self._renewed = size, time.monotonic()
        return lacking


def reservation_lapsed() -> ConflictError:
    """The error for an upload that paused for longer than `LIFE`."""
    return ConflictError(_("The upload took too long. Please try again."))
