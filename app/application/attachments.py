"""What users attach: announced, uploaded, sent, shown and taken back."""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import suppress
from pathlib import PurePath, PureWindowsPath
from typing import Any, Final, NamedTuple

import chatkit.store
from chatkit.store import AttachmentStore
from chatkit.types import (
    Attachment,
    AttachmentCreateParams,
    AttachmentUploadDescriptor,
    FileAttachment,
    ImageAttachment,
)
from pydantic import AnyUrl

from app.application.arrival import Arrival
from app.application.file_links import FileLinks, Purpose
from app.application.file_types import media_type
from app.domain.errors import ConflictError, InvalidInputError, NotEnabledError, NotFoundError, TooLargeError
from app.domain.identity import RequestContext
from app.domain.ids import new_id
from app.domain.language import _, plural
from app.domain.media_types import IMAGES
from app.ports.attachment_storage import AttachmentStorage
from app.ports.file_ledger import FileLedger, size_of
from app.ports.thread_store import ThreadStore
from app.settings.attachments import AttachmentSettings

_NAME_CHARACTERS: Final = 200
_MEDIA: Final = frozenset({"image", "audio", "video", "font"})


class StoredFile(NamedTuple):
    """A file as it is served."""

    attachment: Attachment
    size: int
    content: AsyncGenerator[bytes, None]


class Attachments(AttachmentStore[RequestContext]):
    """The attachments of all users, each seen by its own user only.

    An attachment is first of all a record in the `ThreadStore`; its bytes follow, in one of ChatKit's two ways, and are
    kept under its id. A record without bytes cannot be sent.
    """

    def __init__(
        self,
        store: ThreadStore,
        ledger: FileLedger,
        storage: AttachmentStorage,
        links: FileLinks,
        settings: AttachmentSettings,
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._storage = storage
        self._links = links
        self._settings = settings

    async def create_attachment(self, input: AttachmentCreateParams, context: RequestContext) -> Attachment:
        """Announce a file: its bytes are expected at the upload URL. Raises `InvalidInputError`, `NotEnabledError`."""
        if input.size <= 0:
            raise InvalidInputError(_("The file is empty."))
        if input.size > await self._room(context):
            raise self._too_large()
        claimed = input.mime_type.lower()
        if claimed.partition("/")[0] in _MEDIA and claimed not in self._settings.types:
            raise self._wrong_type()
        url = AnyUrl(self._links.url("upload", id_ := new_id("atc"), input.size, context))
        waiting = {"upload_descriptor": AttachmentUploadDescriptor(url=url, method="PUT")}
        announced = self._attachment(id_, input.name, claimed, input.size, context, uploaded=False, **waiting)
        await self._save(announced, context)
        return announced

    async def delete_attachment(self, attachment_id: str, context: RequestContext) -> None:
        """See that it may be deleted, which ChatKit then does. Raises `NotFoundError`, and `ConflictError` for one that
        is part of a message."""
        attachment = await self._store.load_attachment(attachment_id, context)
        if attachment.thread_id is not None:
            raise ConflictError(_("This file is part of a message. Delete the chat to delete it."))

    async def add(self, name: str, content: AsyncIterator[bytes], context: RequestContext) -> Attachment:
        """A file that is uploaded at once. Raises `InvalidInputError`, `NotEnabledError`, `StoreUnavailableError`."""
        room = await self._room(context)
        attachment = self._attachment(new_id("atc"), name, "", 0, context, uploaded=False)
        await self._store.save_attachment(attachment, context)
        try:
            return await self._receive(attachment, Arrival(content, limit=room, too_large=self._too_large()), context)
        except BaseException:
            with suppress(chatkit.store.NotFoundError):
                await self._store.delete_attachment(attachment.id, context)
            raise

    async def fill(self, attachment_id: str, token: str, content: AsyncIterator[bytes], *, base_url: str) -> Attachment:
        """The bytes of a file that was announced, as many as were announced; sent again, they replace the first.

        Raises `NotFoundError`, `InvalidInputError`, `StoreUnavailableError`, and `ConflictError` once it is sent.
        """
        grant = self._links.read(token, "upload", attachment_id)
        context = RequestContext(user_id=grant.user_id, base_url=base_url)
        attachment = await self._find(attachment_id, context)
        if attachment.thread_id is not None:
            raise ConflictError(_("This file has been sent already."))
        arrival = Arrival(content, limit=grant.size, too_large=self._too_large(), exactly=True)
        return await self._receive(attachment, arrival, context)

    async def open(self, attachment_id: str, purpose: Purpose, token: str) -> StoredFile:
        """The file behind a link. Raises `NotFoundError`, also for the preview of what is no image."""
        grant = self._links.read(token, purpose, attachment_id)
        attachment = await self._find(attachment_id, RequestContext(user_id=grant.user_id))
        shown = attachment.mime_type in IMAGES or purpose != "preview"
        if not _is_uploaded(attachment) or not shown:
            raise NotFoundError(_("There is no such file."))
        return StoredFile(attachment, size_of(attachment), self._storage.read(attachment.id))

    async def download_url(self, attachment_id: str, context: RequestContext) -> tuple[Attachment, str]:
        """An attachment and a link to its bytes. Raises `NotFoundError`."""
        attachment = await self._find(attachment_id, context)
        if not _is_uploaded(attachment):
            raise NotFoundError(_("There is no such file."))
        return self.linked(attachment, context), self._links.url("download", attachment_id, 0, context)

    async def check_message(self, ids: Sequence[str], context: RequestContext, thread_id: str | None = None) -> None:
        """What is to be sent must be there, and not in another chat. Raises `InvalidInputError`, `NotFoundError`."""
        if len(ids) > self._settings.per_message:
            many = self._settings.per_message
            raise InvalidInputError(
                plural("A message can have {count} file at most.", "A message can have {count} files at most.", many)
            )
        for id_ in ids:
            attachment = await self._store.load_attachment(id_, context)
            if not _is_uploaded(attachment):
                raise InvalidInputError(_("The file {name} has not been uploaded.", name=attachment.name))
            if attachment.thread_id not in (None, thread_id):
                raise InvalidInputError(_("The file {name} belongs to another chat.", name=attachment.name))

    def linked(self, attachment: Attachment, context: RequestContext) -> Attachment:
        """The attachment with a link that works from now on: those in old messages have expired."""
        if not isinstance(attachment, ImageAttachment):
            return attachment
        url = self._links.url("preview", attachment.id, 0, context)
        return attachment.model_copy(update={"preview_url": AnyUrl(url)})

    async def _receive(self, attachment: Attachment, arrival: Arrival, context: RequestContext) -> Attachment:
        head = await arrival.head()
        if not head:
            raise InvalidInputError(_("The file is empty."))
        # In a thread, because the tables of signatures are read in with the first file.
        found = await asyncio.to_thread(media_type, head, attachment.name)
        if found not in self._settings.types:
            raise self._wrong_type()
        await self._storage.write(attachment.id, arrival)
        received = self._attachment(attachment.id, attachment.name, found, arrival.size, context, uploaded=True)
        try:
            # It may have been taken back meanwhile.
            await self._find(attachment.id, context)
        except NotFoundError:
            await self._storage.delete([attachment.id])
            raise
        await self._save(received, context)
        return received

    async def _save(self, attachment: Attachment, context: RequestContext) -> None:
        """Raises `InvalidInputError` when there is no room for it, and has then deleted what was announced."""
        if not self._settings.bytes_per_user:
            await self._store.save_attachment(attachment, context)
        elif not await self._ledger.save(attachment, context, at_most=self._settings.bytes_per_user):
            with suppress(chatkit.store.NotFoundError):
                await self._store.delete_attachment(attachment.id, context)
            raise self._no_room()

    def _attachment(
        self, id_: str, name: str, type_: str, size: int, context: RequestContext, *, uploaded: bool, **more: Any
    ) -> Attachment:
        about = {
            "id": id_,
            "name": _plain_name(name),
            "mime_type": type_ or "application/octet-stream",
            "metadata": {"size": size, "uploaded": uploaded},
            **more,
        }
        if type_ in IMAGES:
            return ImageAttachment(**about, preview_url=AnyUrl(self._links.url("preview", id_, 0, context)))
        return FileAttachment(**about)

    async def _find(self, attachment_id: str, context: RequestContext) -> Attachment:
        try:
            return await self._store.load_attachment(attachment_id, context)
        except chatkit.store.NotFoundError as error:
            raise NotFoundError(_("There is no such file, or its link is too old.")) from error

    async def _room(self, context: RequestContext) -> int:
        """The largest file that the user may add now."""
        if not self._settings.max_bytes:
            raise NotEnabledError(_("Files cannot be attached here."))
        if not self._settings.bytes_per_user:
            return self._settings.max_bytes
        left = self._settings.bytes_per_user - await self._ledger.used(context.user_id)
        if left <= 0:
            raise self._no_room()
        return min(left, self._settings.max_bytes)

    def _no_room(self) -> InvalidInputError:
        return InvalidInputError(_("You have no room for more files. Delete chats with files that you do not need."))

    def _too_large(self) -> TooLargeError:
        return TooLargeError(_("The file is too large: {limit} bytes are allowed.", limit=self._settings.max_bytes))

    def _wrong_type(self) -> InvalidInputError:
        taken = ", ".join(self._settings.types)
        return InvalidInputError(_("Files of this type are not taken. Attach one of: {types}.", types=taken))


def _is_uploaded(attachment: Attachment) -> bool:
    return bool((attachment.metadata or {}).get("uploaded"))


def _plain_name(name: str) -> str:
    """The last part of a path, without what would break a header or a line."""
    last = PureWindowsPath(PurePath(name).name).name
    return re.sub(r"[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]", "", last).strip()[-_NAME_CHARACTERS:] or "file"
