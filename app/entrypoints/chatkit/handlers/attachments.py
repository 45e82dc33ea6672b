"""`attachments.create` and `attachments.delete`."""

from chatkit.types import Attachment, AttachmentsCreateReq, AttachmentsDeleteReq

from app.application.attachments.cleanup import FileCleanup
from app.application.attachments.service import Attachments
from app.domain.identity import RequestContext
from app.ports.thread_store import ThreadStore


class AttachmentHandler:
    """Announces a file, and takes back one that was not sent."""

    def __init__(self, store: ThreadStore, attachments: Attachments, cleanup: FileCleanup) -> None:
        self._store = store
        self._attachments = attachments
        self._cleanup = cleanup

    async def create(self, request: AttachmentsCreateReq, context: RequestContext) -> Attachment:
        """Announce a file. Raises what `Attachments.create_attachment` does, which stores it."""
        return await self._attachments.create_attachment(request.params, context)

    async def delete(self, request: AttachmentsDeleteReq, context: RequestContext) -> None:
        """Take a file back. Raises `NotFoundError`, and `ConflictError` for one that is part of a message."""
        await self._attachments.delete_attachment(request.params.attachment_id, context)
        await self._store.delete_attachment(request.params.attachment_id, context)
        self._cleanup.soon()
