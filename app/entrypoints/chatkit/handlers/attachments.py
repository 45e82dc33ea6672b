"""`attachments.create` and `attachments.delete`."""

from chatkit.types import Attachment, AttachmentsCreateReq, AttachmentsDeleteReq

from app.application.attachments.cleanup import FileCleanup
from app.application.attachments.service import Attachments
from app.domain.identity import RequestContext
from app.ports.thread_store import ThreadStore


class AttachmentHandler:
    """Announces files, and deletes files that no message has."""

    def __init__(self, store: ThreadStore, attachments: Attachments, cleanup: FileCleanup) -> None:
        self._store = store
        self._attachments = attachments
        self._cleanup = cleanup

    async def create(self, request: AttachmentsCreateReq, context: RequestContext) -> Attachment:
        """Announce a file and store its record. Raises what `Attachments.create_attachment` does."""
        return await self._attachments.create_attachment(request.params, context)

    async def delete(self, request: AttachmentsDeleteReq, context: RequestContext) -> None:
        """Delete a file. Raises `NotFoundError`, and `ConflictError` for the file of a message."""
        await self._attachments.delete_attachment(request.params.attachment_id, context)
        await self._store.delete_attachment(request.params.attachment_id, context)
        self._cleanup.request()
