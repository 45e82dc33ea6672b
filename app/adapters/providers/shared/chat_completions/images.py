"""Images of chat completions, `delta.images`, as items of the Responses API's image generation."""

import uuid
from collections.abc import Mapping
from typing import Any, Final

from openai.types.responses.response_output_item import ImageGenerationCall

from app.adapters.providers.shared.chat_completions.output_items import Events, OutputItems

_MOST: Final = 20
"""Limit for one answer."""


class Images:
    """The images of one answer, each once; `close` yields them behind the text, which they would interrupt."""

    def __init__(self, outputs: OutputItems) -> None:
        self._outputs = outputs
        self._encoded: dict[str, None] = {}

    def __bool__(self) -> bool:
        return bool(self._encoded)

    def add(self, images: Any) -> None:
        """Add the images of one delta; an entry of another shape is left out."""
        for image in images if isinstance(images, list) else ():
            encoded = _encoded(image)
            if encoded and len(self._encoded) < _MOST:
                self._encoded.setdefault(encoded)

    def close(self) -> Events:
        """Yield the events of all images."""
        for encoded in self._encoded:
            index, id_ = self._outputs.next_index(), f"ig_{uuid.uuid4().hex}"
            yield self._outputs.added(index, _item(id_, None))
            yield self._outputs.done(index, _item(id_, encoded))


def _item(id_: str, encoded: str | None) -> ImageGenerationCall:
    status = "completed" if encoded else "in_progress"
    return ImageGenerationCall.model_validate(
        {"type": "image_generation_call", "id": id_, "status": status, "result": encoded}
    )


def _encoded(image: Any) -> str:
    """The base64 of an image; an address elsewhere stays as it is, and is refused where images are decoded."""
    fields = image if isinstance(image, Mapping) else {}
    nested = fields.get("image_url")
    url = nested.get("url") if isinstance(nested, Mapping) else nested or fields.get("url") or fields.get("b64_json")
    return url.partition(";base64,")[2] or url if isinstance(url, str) else ""
