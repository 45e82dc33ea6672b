"""The attachment service: announce, upload, send, serve and withdraw files."""

import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
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

from app.application.attachments.bounded_upload import IncompleteError
from app.application.attachments.cleanup import FileCleanup
from app.application.attachments.signed_links import UPLOAD_LIFE, FileLinks, Purpose
from app.application.attachments.upload_reservation import QuotaExceededError, reservation_lapsed
from app.application.attachments.uploads import IncomingFile, Uploads
from app.domain.errors import (
    ConflictError,
    InvalidInputError,
    NotEnabledError,
    NotFoundError,
    StoreUnavailableError,
)
from app.domain.identity import RequestContext
from app.domain.ids import new_id
from app.domain.language import _, plural
from app.domain.media_types import IMAGES
from app.ports.attachment_storage import AttachmentStorage
from app.ports.file_ledger import FileLedger, size_of
from app.ports.thread_store import ThreadStore
from app.settings.attachments import AttachmentSettings

_NAME_CHARACTERS: Final = 200


class StoredFile(NamedTuple):
    """A stored file with its content, for a response."""

    attachment: Attachment
    size: int
    content: AsyncGenerator[bytes, None]


class Attachments(AttachmentStore[RequestContext]):
    """The attachments of all users; each user sees only their own.

    An attachment is a record in the `ThreadStore`, and its bytes are stored under its id. ChatKit uploads in two ways:
    with the record or after it. A record without bytes cannot be sent.
    """

    def __init__(
        self,
        store: ThreadStore,
        ledger: FileLedger,
        storage: AttachmentStorage,
        links: FileLinks,
        settings: AttachmentSettings,
        cleanup: FileCleanup,
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._storage = storage
        self._links = links
        self._settings = settings
        self._cleanup = cleanup
        self._uploads = Uploads(ledger, storage, cleanup, settings)

    async def create_attachment(self, input: AttachmentCreateParams, context: RequestContext) -> Attachment:
        """Announce a file: reserve its bytes in the quota for `UPLOAD_LIFE`, and sign an upload link.

        Raises `InvalidInputError`, `NotEnabledError`.
        """
        self._require_enabled()
        if input.size <= 0:
            raise InvalidInputError(_("The file is empty."))
        if input.size > self._settings.max_bytes:
            raise self._uploads.too_large()
        url = AnyUrl(self._links.url("upload", id_ := new_id("atc"), input.size, context))
        upload = AttachmentUploadDescriptor(url=url, method="PUT")
        # The claimed type is replaced by the sniffed one once the content is there.
        announced = self._attachment(id_, input.name, input.mime_type.lower(), context, upload_descriptor=upload)
        room = self._settings.bytes_per_user or None
        if not await self._ledger.announce(announced, context, input.size, at_most=room, life=UPLOAD_LIFE):
            self._cleanup.request()
            raise QuotaExceededError
        return announced

    async def delete_attachment(self, attachment_id: str, context: RequestContext) -> None:
        """Check that the file may be deleted; the caller deletes the record. Raises `NotFoundError`, and
        `ConflictError` for the file of a message."""
        attachment = await self._store.load_attachment(attachment_id, context)
        if attachment.thread_id is not None:
            raise ConflictError(_("This file is part of a message. Delete the chat to delete it."))

    async def add(
        self, name: str, content: AsyncIterator[bytes], context: RequestContext, *, at_most: int | None = None
    ) -> Attachment:
        """Store a file in one request, of at most `at_most` bytes if the client declared a size.

        Raises `InvalidInputError`, `NotEnabledError`, `StoreUnavailableError`, and `ConflictError` for an
        expired reservation.
        """
        self._require_enabled()
        id_, name = new_id("atc"), _plain_name(name)
        size = None if at_most is None else min(at_most, self._settings.max_bytes)
        file = IncomingFile(attachment_id=id_, name=name, content=content, size=size)
        added = await self._uploads.take(file, context, self._describing(id_, name, context))
        if added is None:
            raise reservation_lapsed()
        return added

    async def fill(self, attachment_id: str, token: str, content: AsyncIterator[bytes], *, base_url: str) -> Attachment:
        """Store the bytes of an announced file, exactly as many as announced. A second upload replaces the first.

        Rejected content withdraws the announcement. Raises `NotFoundError`, `InvalidInputError`, `NotEnabledError`,
        `StoreUnavailableError`, and `ConflictError` for a sent file.
        """
        self._require_enabled()
        grant = self._links.read(token, "upload", attachment_id)
        context = RequestContext(user_id=grant.user_id, base_url=base_url)
        attachment = await self._find_unsent(attachment_id, context)
        describe = self._describing(attachment_id, attachment.name, context)
        file = IncomingFile(
            attachment_id=attachment_id, name=attachment.name, content=content, size=grant.size, announced=True
        )
        try:
            filled = await self._uploads.take(file, context, describe)
        except (IncompleteError, QuotaExceededError):
            raise  # The client may retry with the same bytes.
        except InvalidInputError:
            if not _is_uploaded(attachment):
                await self._withdraw(attachment_id, context)
            raise
        if filled is None:
            await self._find_unsent(attachment_id, context)
            raise reservation_lapsed()
        return filled

    async def open(self, attachment_id: str, purpose: Purpose, token: str) -> StoredFile:
        """The file of a signed link. Raises `NotFoundError`, also for a preview of a file that is no image."""
        grant = self._links.read(token, purpose, attachment_id)
        attachment = await self._find(attachment_id, RequestContext(user_id=grant.user_id))
        shown = attachment.mime_type in IMAGES or purpose != "preview"
        if not _is_uploaded(attachment) or not shown:
            raise NotFoundError(_("There is no such file."))
        return StoredFile(attachment, size_of(attachment), self._storage.read(attachment.id))

    async def download_url(self, attachment_id: str, context: RequestContext) -> tuple[Attachment, str]:
        """An attachment and a signed link to its content. Raises `NotFoundError`."""
        attachment = await self._find(attachment_id, context)
        if not _is_uploaded(attachment):
            raise NotFoundError(_("There is no such file."))
        return self.linked(attachment, context), self._links.url("download", attachment_id, 0, context)

    async def check_message(
        self, ids: Sequence[str], context: RequestContext, thread_id: str | None = None
    ) -> Sequence[Attachment]:
        """The attachments of a message. Raises `NotFoundError`, and `InvalidInputError` for too many files, for one
        without content, and for one of another thread."""
        if len(ids) > self._settings.per_message:
            many = self._settings.per_message
            raise InvalidInputError(
                plural("A message can have {count} file at most.", "A message can have {count} files at most.", many)
            )
        found: list[Attachment] = []
        for id_ in ids:
            attachment = await self._store.load_attachment(id_, context)
            found.append(attachment)
            if not _is_uploaded(attachment):
                raise InvalidInputError(_("The file {name} has not been uploaded.", name=attachment.name))
            if attachment.thread_id not in (None, thread_id):
                raise InvalidInputError(_("The file {name} belongs to another chat.", name=attachment.name))
        return found

    def linked(self, attachment: Attachment, context: RequestContext) -> Attachment:
        """The attachment with a new preview link, because links in stored messages expire."""
        if not isinstance(attachment, ImageAttachment):
            return attachment
        return attachment.model_copy(update={"preview_url": AnyUrl(self.preview_url(attachment.id, context))})

    def preview_url(self, attachment_id: str, context: RequestContext) -> str:
        """A signed link that shows an image of the caller; for another user's image it leads nowhere."""
        return self._links.url("preview", attachment_id, 0, context)

    def _describing(self, id_: str, name: str, context: RequestContext) -> Callable[[str, int], Attachment]:
        def describe(type_: str, size: int) -> Attachment:
            return self._attachment(id_, name, type_, context, size=size)

        return describe

    def _attachment(
        self, id_: str, name: str, type_: str, context: RequestContext, *, size: int | None = None, **more: Any
    ) -> Attachment:
        """An attachment record; `size` is None until the content is stored."""
        about = {
            "id": id_,
            "name": _plain_name(name),
            "mime_type": type_ or "application/octet-stream",
            "metadata": {"size": size or 0, "uploaded": size is not None},
            **more,
        }
        if type_ in IMAGES:
            return ImageAttachment(**about, preview_url=AnyUrl(self._links.url("preview", id_, 0, context)))
        return FileAttachment(**about)

    async def _find_unsent(self, attachment_id: str, context: RequestContext) -> Attachment:
        attachment = await self._find(attachment_id, context)
        if attachment.thread_id is not None:
            raise ConflictError(_("This file has been sent already."))
        return attachment

    async def _withdraw(self, attachment_id: str, context: RequestContext) -> None:
        with suppress(chatkit.store.NotFoundError, StoreUnavailableError):
            await self._store.delete_attachment(attachment_id, context)
        self._cleanup.request()

    async def _find(self, attachment_id: str, context: RequestContext) -> Attachment:
        try:
            return await self._store.load_attachment(attachment_id, context)
        except chatkit.store.NotFoundError as error:
            raise NotFoundError(_("There is no such file, or its link is too old.")) from error

    def _require_enabled(self) -> None:
        if not self._settings.max_bytes:
            raise NotEnabledError(_("Files cannot be attached here."))


def _is_uploaded(attachment: Attachment) -> bool:
    return bool((attachment.metadata or {}).get("uploaded"))


def _plain_name(name: str) -> str:
    """The last part of a path, without control characters and line separators."""
    last = PureWindowsPath(PurePath(name).name).name
    return re.sub(r"[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]", "", last).strip()[-_NAME_CHARACTERS:] or "file"
