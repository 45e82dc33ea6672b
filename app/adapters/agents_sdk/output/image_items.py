"""Image items: the generated images of one response as thread items, never as base64 in an event."""

from collections.abc import Mapping
from typing import Any, Final

import structlog
from chatkit.types import GeneratedImage, GeneratedImageItem, GeneratedImageUpdated, ThreadItemUpdatedEvent

from app.adapters.agents_sdk.output.outlet import Outlet
from app.adapters.agents_sdk.run.transcript import RunTranscript
from app.application.attachments.image_ids import new_image_id
from app.domain.clock import clock
from app.domain.errors import AnyportError, InvalidInputError
from app.domain.language import _

log = structlog.get_logger(__name__)

_STEPS: Final = 4
"""Services send up to three unfinished images, so each is about a quarter of the way."""


class ImageItems:
    """The thread items of the images in one response, by output index."""

    def __init__(self, outlet: Outlet, transcript: RunTranscript) -> None:
        self._outlet = outlet
        self._transcript = transcript
        self._items: dict[int, GeneratedImageItem] = {}
        self._previews: dict[int, GeneratedImage] = {}

    def start(self, output_index: int) -> GeneratedImageItem:
        """Announce an image; idempotent."""
        if output_index not in self._items:
            self._outlet.progress(_("Drawing an image…"))
            item = GeneratedImageItem(
                id=new_image_id(), thread_id=self._outlet.thread_id, created_at=clock.now(), image=None
            )
            self._items[output_index] = item
            self._outlet.announce(item)
        return self._items[output_index]

    async def preview(self, event: Any) -> None:
        """Show an unfinished image; one that cannot be kept is left out."""
        keeper, item = self._outlet.image_keeper, self.start(event.output_index)
        if keeper is None:
            return
        try:
            image = await keeper.keep_preview(event.partial_image_b64 or "")
        except AnyportError:
            return  # The finished image tells the user what is wrong.
        progress = min(((event.partial_image_index or 0) + 1) / _STEPS, 1.0)
        update = GeneratedImageUpdated(image=image, progress=progress)
        self._outlet.emit(ThreadItemUpdatedEvent(item_id=item.id, update=update))
        await self._discard_preview(event.output_index)
        self._previews[event.output_index] = image

    async def finish(self, output_index: int, fields: Mapping[str, Any]) -> str | None:
        """Show the finished image and return the id of its item, or None when a sentence is shown instead."""
        item, keeper = self.start(output_index), self._outlet.image_keeper
        try:
            if keeper is None or not (encoded := fields.get("result")):
                raise InvalidInputError(_failure(fields))
            image, reference = await keeper.keep(item.id, str(encoded))
        except AnyportError as error:
            log.warning("generated image not kept", code=error.code, actor=error.actor, detail=error.detail)
            self._outlet.withdraw(item.id)
            self._outlet.remark(error.message)
            return None
        else:
            self._transcript.image_kept(str(fields.get("id")), reference)
            self._outlet.complete(item.model_copy(update={"image": image}))
            return item.id
        finally:
            await self._discard_preview(output_index)

    async def _discard_preview(self, output_index: int) -> None:
        preview = self._previews.pop(output_index, None)
        if preview is not None and self._outlet.image_keeper is not None:
            await self._outlet.image_keeper.discard(preview)


def _failure(fields: Mapping[str, Any]) -> str:
    error = fields.get("error")
    if isinstance(error, Mapping) and error.get("code") == "moderation_blocked":
        return _("The image was not made: the model's service does not allow what was asked for.")
    return _("The image could not be made.")
