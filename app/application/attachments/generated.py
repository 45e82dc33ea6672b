"""Generated images: pictures that a model draws, kept as attachments of their thread."""

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Final

import chatkit.store
import msgspec
from chatkit.types import Attachment, ImageAttachment
from pydantic import AnyUrl

from app.application.attachments.cleanup import FileCleanup
from app.application.attachments.image_ids import attachment_of, new_preview_id
from app.application.attachments.signed_links import FileLinks
from app.application.attachments.upload_reservation import QuotaExceededError, reservation_lapsed
from app.application.attachments.uploads import IncomingFile, Uploads
from app.domain.errors import InvalidInputError, StoreUnavailableError, TooLargeError
from app.domain.identity import RequestContext
from app.domain.language import _
from app.domain.media_types import IMAGES
from app.ports.attachment_storage import AttachmentStorage
from app.ports.file_ledger import FileLedger
from app.ports.thread_store import ThreadStore
from app.settings.attachments import AttachmentSettings, MediaTypes

MOST_BYTES: Final = 20_000_000
"""Limit for one image where users may attach no files."""


class GeneratedImages:
    """Keeps the images of all users: counted in their quota, and deleted with the thread, as attachments are."""

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
        self._links = links
        self._cleanup = cleanup
        limits = msgspec.structs.replace(
            settings, max_bytes=settings.max_bytes or MOST_BYTES, types=MediaTypes(sorted(IMAGES))
        )
        self._uploads = Uploads(ledger, storage, cleanup, limits)

    async def keep(
        self, item_id: str, thread_id: str, content: AsyncIterator[bytes], context: RequestContext
    ) -> Attachment:
        """Keep a finished image as the attachment of a thread item.

        Raises `InvalidInputError` with a sentence for the user, and `StoreUnavailableError`.
        """
        id_ = attachment_of(item_id)
        if id_ is None:
            raise ValueError(item_id)
        return await self._add(id_, thread_id, content, context)

    async def keep_preview(self, content: AsyncIterator[bytes], context: RequestContext) -> Attachment:
        """Keep an unfinished image outside the thread; it is deleted by `discard`, or after a day. Raises as `keep`."""
        return await self._add(new_preview_id(), None, content, context)

    async def discard(self, attachment_id: str, context: RequestContext) -> None:
        """Delete an image. Idempotent; raises nothing for one that cannot be deleted now, which cleanup retries."""
        with suppress(chatkit.store.NotFoundError, StoreUnavailableError):
            await self._store.delete_attachment(attachment_id, context)
        self._cleanup.request()

    def url(self, attachment_id: str, context: RequestContext) -> str:
        """Return a signed link to the image."""
        return self._links.url("preview", attachment_id, 0, context)

    async def _add(
        self, id_: str, thread_id: str | None, content: AsyncIterator[bytes], context: RequestContext
    ) -> Attachment:
        def describe(type_: str, size: int) -> Attachment:
            return ImageAttachment(
                id=id_,
                name=f"image.{type_.rpartition('/')[2]}",
                mime_type=type_,
                thread_id=thread_id,
                metadata={"size": size, "uploaded": True},
                preview_url=AnyUrl(self.url(id_, context)),
            )

        file = IncomingFile(attachment_id=id_, name="image", content=content, size=None)
        try:
            added = await self._uploads.take(file, context, describe)
        except TooLargeError as error:
            raise TooLargeError(_("The image is too large to be kept.")) from error
        except QuotaExceededError:
            raise
        except InvalidInputError as error:
            raise InvalidInputError(
                _("The image that was made cannot be shown: it is damaged or of an unknown type.")
            ) from error
        if added is None:
            raise reservation_lapsed()
        return added
