"""File inputs: attachments as parts of the model input, read from their storage when a turn starts."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, cast

import structlog
from agents.items import TResponseInputItem
from chatkit.types import Attachment, FileAttachment, GeneratedImage, GeneratedImageItem, UserMessageItem
from openai.types.responses import (
    ResponseInputContentParam,
    ResponseInputFileParam,
    ResponseInputImageParam,
    ResponseInputTextParam,
)

from app.aio.cooperative_yield import CooperativeYield
from app.application.attachments.text_encoding import UnknownEncodingError, decoded
from app.domain.conversation import BYTES_PER_TOKEN
from app.domain.errors import NotFoundError, StoreUnavailableError
from app.domain.hosted_items import IMAGE
from app.domain.media_types import IMAGES, image_type, is_text
from app.ports.agent_runner import HistoryEntry
from app.ports.attachment_storage import AttachmentStorage
from app.ports.file_ledger import size_of
from app.ports.model_provider import Capabilities
from app.ports.turn_log import TurnRecord

REQUEST_BYTES: Final = 14_000_000
"""Limit for all files of one request: as base64 they stay under the 20 MB that Gemini accepts inline
(https://ai.google.dev/gemini-api/docs/image-understanding)."""

_IMAGE_BYTES: Final = 3_000_000
"""Size of a generated image whose turn was not recorded, approximately."""

FileParts = dict[str, ResponseInputContentParam]
"""The input part of each attachment, by the attachment's id."""

log = structlog.get_logger(__name__)


class FileInputs:
    """Reads the files of a history; a text file is truncated after about `text_tokens` tokens."""

    def __init__(self, storage: AttachmentStorage, *, text_tokens: int) -> None:
        self._storage = storage
        self._text_bytes = text_tokens * BYTES_PER_TOKEN

    async def read(self, history: Sequence[HistoryEntry], capabilities: Capabilities) -> FileParts:
        """Return an input part for each attachment, the newest attachments first.

        A file that the model or the server cannot read, or that exceeds `REQUEST_BYTES`, becomes a placeholder. Raises
        nothing for an unreadable file.
        """
        left = REQUEST_BYTES
        parts: FileParts = {}
        for entry in reversed(history):
            for attachment in files_of(entry):
                cost = self._text_bytes if is_text(attachment.mime_type) else size_of(attachment)
                if not capabilities.reads(attachment.mime_type):
                    parts[attachment.id] = placeholder(attachment, "You cannot read it: say so if it matters.")
                elif cost > left:
                    parts[attachment.id] = placeholder(
                        attachment, "It is too large to be shown to you with the others."
                    )
                else:
                    parts[attachment.id] = await self._read(attachment)
                    left -= cost
        return parts

    async def _read(self, attachment: Attachment) -> ResponseInputContentParam:
        try:
            if is_text(attachment.mime_type):
                return await self._text(attachment)
            url = await _data_url(attachment.mime_type, self._storage.read(attachment.id))
        except NotFoundError:
            return placeholder(attachment, "It is not there any more.")
        except StoreUnavailableError as error:
            log.warning("attachment read failed", attachment=attachment.id, detail=error.detail)
            return placeholder(attachment, "It could not be read just now: tell the user.")
        if attachment.mime_type in IMAGES:
            return ResponseInputImageParam(type="input_image", detail="auto", image_url=url)
        return ResponseInputFileParam(type="input_file", filename=attachment.name, file_data=url)

    async def _text(self, attachment: Attachment) -> ResponseInputTextParam:
        pieces, length = [], 0
        async for piece in self._storage.read(attachment.id):
            pieces.append(piece)
            length += len(piece)
            if length > self._text_bytes:
                break
        content = b"".join(pieces)
        text = await asyncio.to_thread(_decode, content[: self._text_bytes], whole=length <= self._text_bytes)
        truncation = "\n[The rest of the file is left out.]" if len(content) > self._text_bytes else ""
        note = f"[The user attached the file {attachment.name!r}. Its content:]\n{text}{truncation}\n[End of the file.]"
        return ResponseInputTextParam(type="input_text", text=note)


def _decode(content: bytes, *, whole: bool) -> str:
    with suppress(UnknownEncodingError):
        if (text := decoded(content, whole=whole)) is not None:
            return text
    # The upload checked the start of the file only.
    return content.decode(errors="replace")


def files_of(entry: HistoryEntry) -> Sequence[Attachment]:
    """Return the files of a message, or the generated images of a turn or an item."""
    match entry:
        case UserMessageItem():
            return entry.attachments
        case GeneratedImageItem(image=GeneratedImage(id=image_id)):
            return [_image(image_id)]
        case TurnRecord():
            return [attachment for item in entry.model_items if (attachment := generated_image(item)) is not None]
    return ()


def generated_image(item: Mapping[str, Any]) -> Attachment | None:
    """Return the attachment that keeps the image of a recorded item; None for another item, and without an image."""
    if item.get("type") != IMAGE or not (kept := item.get("attachment")):
        return None
    return _image(kept["id"], kept["mime_type"], kept["size"])


def _image(id_: str, media_type: str = "image/png", size: int = _IMAGE_BYTES) -> Attachment:
    return FileAttachment(id=id_, name="image", mime_type=media_type, metadata={"size": size, "generated": True})


def placeholder(attachment: Attachment, reason: str) -> ResponseInputTextParam:
    """Return a sentence for the model in place of a file; `reason` is a whole sentence."""
    if (attachment.metadata or {}).get("generated"):
        return ResponseInputTextParam(type="input_text", text=f"[You made an image for the user. {reason}]")
    text = f"[The user attached the file {attachment.name!r} of type {attachment.mime_type}. {reason}]"
    return ResponseInputTextParam(type="input_text", text=text)


def supported_input(
    items: str | list[TResponseInputItem], capabilities: Capabilities
) -> str | list[TResponseInputItem]:
    """Return the model input with a placeholder for each part that the model does not support."""
    if isinstance(items, str) or (capabilities.images and capabilities.files):
        return items
    kinds = (("input_image", capabilities.images), ("input_file", capabilities.files))
    unsupported = {kind for kind, supported in kinds if not supported}
    return [_without(item, unsupported) for item in items]


def _without(item: TResponseInputItem, unsupported: set[str]) -> TResponseInputItem:
    content = item.get("content")
    if not isinstance(content, list) or not any(part.get("type") in unsupported for part in content):
        return item
    supported = [_PLACEHOLDER if part.get("type") in unsupported else part for part in content]
    return cast(TResponseInputItem, {**item, "content": supported})


_PLACEHOLDER: Final = ResponseInputTextParam(
    type="input_text", text="[The user attached a file here that you cannot read: say so if it matters.]"
)


async def _data_url(media_type: str, content: AsyncIterable[bytes]) -> str:
    """Encode a data URL piece by piece: one long call would block other tasks, from any thread."""
    cooperative_yield = CooperativeYield()
    url, rest = "", b""
    async for piece in content:
        rest += piece
        url = url or _head_of_url(media_type, rest)
        whole = len(rest) - len(rest) % 3
        url += b64encode(rest[:whole]).decode()  # The string grows in place; a join at the end costs an encoding more.
        rest = rest[whole:]
        await cooperative_yield.after(len(piece))
    url = url or _head_of_url(media_type, rest)
    url += b64encode(rest).decode()
    return url


def _head_of_url(media_type: str, head: bytes) -> str:
    return f"data:{image_type(head) if media_type in IMAGES else media_type};base64,"
