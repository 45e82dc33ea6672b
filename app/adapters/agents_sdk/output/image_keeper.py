"""Image keeper: the base64 of generated images, decoded and kept as attachments of one run's thread."""

import binascii
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from chatkit.types import GeneratedImage

from app.aio.cooperative_yield import CooperativeYield
from app.application.attachments.generated import GeneratedImages
from app.domain.errors import InvalidInputError
from app.domain.identity import RequestContext
from app.domain.language import _
from app.ports.file_ledger import size_of

_PIECE_CHARACTERS: Final = 64 * 1024
"""A multiple of four: each piece is decoded by itself."""


class ImageKeeper:
    """Keeps the images of one run for its user and its thread."""

    def __init__(self, images: GeneratedImages, thread_id: str, context: RequestContext) -> None:
        self._images = images
        self._thread_id = thread_id
        self._context = context

    async def keep(self, item_id: str, encoded: str) -> tuple[GeneratedImage, Mapping[str, Any]]:
        """Keep a finished image; return it for the user, and its reference for the transcript.

        Raises `InvalidInputError` and `StoreUnavailableError`.
        """
        kept = await self._images.keep(item_id, self._thread_id, decoded(encoded), self._context)
        reference = {"id": kept.id, "size": size_of(kept), "mime_type": kept.mime_type}
        return self._shown(kept.id), reference

    async def keep_preview(self, encoded: str) -> GeneratedImage:
        """Keep an unfinished image. Raises as `keep`."""
        return self._shown((await self._images.keep_preview(decoded(encoded), self._context)).id)

    async def discard(self, image: GeneratedImage) -> None:
        """Delete an unfinished image."""
        await self._images.discard(image.id, self._context)

    def _shown(self, attachment_id: str) -> GeneratedImage:
        return GeneratedImage(id=attachment_id, url=self._images.url(attachment_id, self._context))


async def decoded(encoded: str) -> AsyncIterator[bytes]:
    """Decode base64, or a data URL with it, piece by piece. Raises `InvalidInputError` for anything else."""
    head, comma, rest = encoded.partition(",") if encoded.startswith("data:") else ("", "", encoded)
    if head and not (comma and head.endswith(";base64")):
        raise InvalidInputError(_("The image that was made cannot be shown: it is damaged or of an unknown type."))
    cooperative_yield = CooperativeYield()
    for start in range(0, len(rest), _PIECE_CHARACTERS):
        piece = rest[start : start + _PIECE_CHARACTERS]
        try:
            yield binascii.a2b_base64(piece + "=" * (-len(piece) % 4), strict_mode=True)
        except ValueError as error:
            message = _("The image that was made cannot be shown: it is damaged or of an unknown type.")
            raise InvalidInputError(message) from error
        await cooperative_yield.after(len(piece))
