"""Uploads: quota is reserved before bytes are received, and a rejected file leaves no trace."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable
from contextlib import suppress

import msgspec
from chatkit.types import Attachment

from app.application.attachments.bounded_upload import BoundedUpload
from app.application.attachments.cleanup import FileCleanup
from app.application.attachments.sniffing import media_type
from app.application.attachments.text_encoding import is_wide
from app.application.attachments.upload_reservation import QuotaExceededError, UploadReservation
from app.domain.errors import InvalidInputError, StoreUnavailableError, TooLargeError
from app.domain.identity import RequestContext
from app.domain.ids import new_id
from app.domain.language import _
from app.domain.media_types import is_text
from app.ports.attachment_storage import AttachmentStorage
from app.ports.file_ledger import FileLedger, Upload
from app.settings.attachments import AttachmentSettings


class IncomingFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file to receive. `size` in bytes is exact when `announced`, else an upper bound, or None when unknown."""

    attachment_id: str
    name: str
    content: AsyncIterator[bytes]
    size: int | None
    announced: bool = False


class Uploads:
    """Receives the uploads of all users, in both of ChatKit's ways."""

    def __init__(
        self, ledger: FileLedger, storage: AttachmentStorage, cleanup: FileCleanup, settings: AttachmentSettings
    ) -> None:
        self._ledger = ledger
        self._storage = storage
        self._cleanup = cleanup
        self._settings = settings

    async def take(
        self, file: IncomingFile, context: RequestContext, describe: Callable[[str, int], Attachment]
    ) -> Attachment | None:
        """Store a file and the attachment that `describe` makes from media type and size.

        None when the attachment was deleted or sent meanwhile, or the reservation has lapsed. Raises
        `InvalidInputError`, `StoreUnavailableError`, and `ConflictError` for an expired reservation.
        """
        upload = Upload(id=new_id("upl"), attachment_id=file.attachment_id, user_id=context.user_id)
        reservation = UploadReservation(self._ledger, upload, at_most=self._settings.bytes_per_user or None)
        try:
            await reservation.reserve(file.size, exact=file.announced)
        except QuotaExceededError:
            self._cleanup.request()  # Lapsed reservations free quota.
            raise
        attachment = describe(*await self._receive(file, upload, reservation))
        if await self._ledger.settle(upload, attachment, context, announced=file.announced):
            return attachment
        self._cleanup.request()
        return None

    async def _receive(self, file: IncomingFile, upload: Upload, reservation: UploadReservation) -> tuple[str, int]:
        """Store the file and return its media type and size; a rejected file releases its reservation."""
        try:
            return await self._store(file, reservation)
        except (StoreUnavailableError, asyncio.CancelledError):
            raise  # Cleanup deletes a partial file once the reservation has lapsed.
        except BaseException:
            with suppress(StoreUnavailableError):
                await self._ledger.release(upload)
            raise

    async def _store(self, file: IncomingFile, reservation: UploadReservation) -> tuple[str, int]:
        limit = self._settings.max_bytes
        too_large = self.too_large()
        if file.announced and file.size is not None:
            limit = file.size
            too_large = TooLargeError(_("The file is larger than the {size} bytes announced.", size=limit))
        upload = BoundedUpload(
            file.content, limit=limit, too_large=too_large, reserve=reservation.extend, exactly=file.announced
        )
        head = await upload.head()
        if not head:
            raise InvalidInputError(_("The file is empty."))
        # In a thread, because sniffing blocks.
        found = await asyncio.to_thread(media_type, head, file.name)
        if found not in self._settings.types:
            raise self._wrong_type()
        narrow = is_text(found) and not is_wide(head)
        await self._storage.write(file.attachment_id, self._without_zeros(upload) if narrow else upload)
        return found, upload.size

    async def _without_zeros(self, content: AsyncIterable[bytes]) -> AsyncGenerator[bytes, None]:
        """Reject binary content behind a beginning that looks like text."""
        async for piece in content:
            if b"\0" in piece:
                raise self._wrong_type()
            yield piece

    def _wrong_type(self) -> InvalidInputError:
        taken = ", ".join(self._settings.types)
        return InvalidInputError(_("Files of this type are not taken. Attach one of: {types}.", types=taken))

    def too_large(self) -> TooLargeError:
        """The error for a file over the size limit."""
        return TooLargeError(_("The file is too large: {limit} bytes are allowed.", limit=self._settings.max_bytes))
