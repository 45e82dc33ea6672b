"""Attachments as parts of what the model is told, read from their storage when a turn begins."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterable, Sequence
from contextlib import suppress
from typing import Final, cast

import structlog
from agents.items import TResponseInputItem
from chatkit.types import Attachment, UserMessageItem
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
from app.domain.media_types import IMAGES, is_text
from app.ports.agent_runner import HistoryEntry
from app.ports.attachment_storage import AttachmentStorage
from app.ports.file_ledger import size_of
from app.ports.model_provider import Capabilities

REQUEST_BYTES: Final = 14_000_000
"""Of all files in one request: as base64 they stay under the 20 MB that Gemini takes inline
(https://ai.google.dev/gemini-api/docs/image-understanding)."""

FileParts = dict[str, ResponseInputContentParam]
"""What the model is told of each attachment, by its id."""

log = structlog.get_logger(__name__)


class FileInputs:
    """Reads the files of a history; of each text about `text_tokens` are told."""

    def __init__(self, storage: AttachmentStorage, *, text_tokens: int) -> None:
        self._storage = storage
        self._text_bytes = text_tokens * BYTES_PER_TOKEN

    async def of(self, history: Sequence[HistoryEntry], able: Capabilities) -> FileParts:
        """A part for each attachment, by id; what does not fit into the request any more, the newest first, and what
        cannot be read is a sentence that says so."""
        left = REQUEST_BYTES
        parts: FileParts = {}
        for message in reversed([entry for entry in history if isinstance(entry, UserMessageItem)]):
            for attachment in message.attachments:
                cost = self._text_bytes if is_text(attachment.mime_type) else size_of(attachment)
                if not able.reads(attachment.mime_type):
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
            log.warning("attachment not read", attachment=attachment.id, detail=error.detail)
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
        text = await asyncio.to_thread(_readable, content[: self._text_bytes], whole=length <= self._text_bytes)
        cut = "\n[The rest of the file is left out.]" if len(content) > self._text_bytes else ""
        told = f"[The user attached the file {attachment.name!r}. Its content:]\n{text}{cut}\n[End of the file.]"
        return ResponseInputTextParam(type="input_text", text=told)


def _readable(content: bytes, *, whole: bool) -> str:
    with suppress(UnknownEncodingError):
        if (text := decoded(content, whole=whole)) is not None:
            return text
    # Only its beginning was looked at when it was uploaded.
    return content.decode(errors="replace")


def placeholder(attachment: Attachment, why: str) -> ResponseInputTextParam:
    """A sentence in place of a file."""
    text = f"[The user attached the file {attachment.name!r} of type {attachment.mime_type}. {why}]"
    return ResponseInputTextParam(type="input_text", text=text)


def supported_input(items: str | list[TResponseInputItem], able: Capabilities) -> str | list[TResponseInputItem]:
    """The items for a model that can do less than those they were made for: what it would refuse is a sentence."""
    if isinstance(items, str) or (able.images and able.files):
        return items
    blind = {kind for kind, can in (("input_image", able.images), ("input_file", able.files)) if not can}
    return [_without(item, blind) for item in items]


def _without(item: TResponseInputItem, blind: set[str]) -> TResponseInputItem:
    content = item.get("content")
    if not isinstance(content, list) or not any(part.get("type") in blind for part in content):
        return item
    shown = [_UNSEEN if part.get("type") in blind else part for part in content]
    return cast(TResponseInputItem, {**item, "content": shown})


_UNSEEN: Final = ResponseInputTextParam(
    type="input_text", text="[The user attached a file here that you cannot read: say so if it matters.]"
)


async def _data_url(media_type: str, content: AsyncIterable[bytes]) -> str:
    """Encoded while it is read: all of it at once would be one long call, which holds up others from any thread."""
    pauses = CooperativeYield()
    url, rest = f"data:{media_type};base64,", b""
    async for piece in content:
        rest += piece
        whole = len(rest) - len(rest) % 3
        url += b64encode(rest[:whole]).decode()  # Grows in place; to join pieces takes as long as to encode them.
        rest = rest[whole:]
        await pauses.after(len(piece))
    url += b64encode(rest).decode()
    return url
