"""Takes the bytes of a file in: room is reserved before they come, and a file that is refused leaves nothing behind."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable
from contextlib import suppress

import msgspec
from chatkit.types import Attachment

from app.application.attachments.bounded_upload import Arrival
from app.application.attachments.cleanup import FileCleanup
from app.application.attachments.sniffing import media_type
from app.application.attachments.text_encoding import is_wide
from app.application.attachments.upload_room import NoRoomError, UploadRoom
from app.domain.errors import InvalidInputError, StoreUnavailableError, TooLargeError
from app.domain.identity import RequestContext
from app.domain.ids import new_id
from app.domain.language import _
from app.domain.media_types import is_text
from app.ports.attachment_storage import AttachmentStorage
from app.ports.file_ledger import FileLedger, Upload
from app.settings.attachments import AttachmentSettings


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is about to come. `size` is the one that was announced; otherwise the file is not larger than that,
    or None when the client does not say."""

    attachment_id: str
    name: str
    content: AsyncIterator[bytes]
    size: int | None
    announced: bool = False


class Uploads:
    """Uploads of all users, in both of ChatKit's ways."""

    def __init__(
        self, ledger: FileLedger, storage: AttachmentStorage, cleanup: FileCleanup, settings: AttachmentSettings
    ) -> None:
        self._ledger = ledger
        self._storage = storage
        self._cleanup = cleanup
        self._settings = settings

    async def take(
        self, file: Incoming, context: RequestContext, describe: Callable[[str, int], Attachment]
    ) -> Attachment | None:
        """Store a file and its attachment, which `describe` makes of its type and size; None when the attachment was
        deleted or sent meanwhile, or the reservation has lapsed.

        Raises `InvalidInputError`, `StoreUnavailableError`, and `ConflictError` for an upload that took too long.
        """
        upload = Upload(id=new_id("upl"), attachment_id=file.attachment_id, user_id=context.user_id)
        room = UploadRoom(self._ledger, upload, at_most=self._settings.bytes_per_user or None)
        try:
            await room.open(file.size, exact=file.announced)
        except NoRoomError:
            self._cleanup.soon()  # What has lapsed makes room.
            raise
        attachment = describe(*await self._receive(file, upload, room))
        if await self._ledger.settle(upload, attachment, context, announced=file.announced):
            return attachment
        self._cleanup.soon()
        return None

    async def _receive(self, file: Incoming, upload: Upload, room: UploadRoom) -> tuple[str, int]:
        """The type and size of the file, once it is stored."""
        try:
            return await self._store(file, room)
        except (StoreUnavailableError, asyncio.CancelledError):
            raise  # The storage may hold some of it: that goes when the reservation has lapsed.
        except BaseException:
            with suppress(StoreUnavailableError):
                await self._ledger.release(upload)
            raise

    async def _store(self, file: Incoming, room: UploadRoom) -> tuple[str, int]:
        limit = self._settings.max_bytes
        too_large = self.too_large()
        if file.announced and file.size is not None:
            limit = file.size
            too_large = TooLargeError(_("The file is larger than the {size} bytes announced.", size=limit))
        arrival = Arrival(file.content, limit=limit, too_large=too_large, reserve=room.hold, exactly=file.announced)
        head = await arrival.head()
        if not head:
            raise InvalidInputError(_("The file is empty."))
        # In a thread, because the tables of signatures are read in with the first file.
        found = await asyncio.to_thread(media_type, head, file.name)
        if found not in self._settings.types:
            raise self._wrong_type()
        narrow = is_text(found) and not is_wide(head)
        await self._storage.write(file.attachment_id, self._without_zeros(arrival) if narrow else arrival)
        return found, arrival.size

    async def _without_zeros(self, content: AsyncIterable[bytes]) -> AsyncGenerator[bytes, None]:
        """Refuse what only begins as a text."""
        async for piece in content:
            if b"\0" in piece:
                raise self._wrong_type()
            yield piece

    def _wrong_type(self) -> InvalidInputError:
        taken = ", ".join(self._settings.types)
        return InvalidInputError(_("Files of this type are not taken. Attach one of: {types}.", types=taken))

    def too_large(self) -> TooLargeError:
        """The file is larger than any may be."""
        return TooLargeError(_("The file is too large: {limit} bytes are allowed.", limit=self._settings.max_bytes))
