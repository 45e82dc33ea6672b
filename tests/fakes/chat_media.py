"""Citations and images of chat completions, as OpenAI's search models and OpenRouter stream them."""

from collections.abc import Sequence
from typing import Any

from tests.fakes.chat_wire import DONE, OpenAIChat
from tests.fakes.upstream import Reply, stream


class MediaChat(OpenAIChat):
    """Answers with `delta.annotations` and `delta.images`."""

    def cited(self, text: str, *annotations: object, first: bool = False) -> Reply:
        """A text in two pieces with its citations at the end, or `first`."""
        half = len(text) // 2
        pieces = [self.frame({"content": text[:half]}), self.frame({"content": text[half:]})]
        named = [self.frame({"annotations": [one]}) for one in annotations]
        # OpenRouter names all of them again in its last chunk.
        again = self.frame({"content": "", "annotations": [*annotations]})
        return stream(self.begin()[0], *([*named, *pieces] if first else [*pieces, *named]), again, *self._stop())

    def drawn(self, *images: object, text: str = "") -> Reply:
        """An answer with images; the text around them comes in two pieces."""
        before, after = ([self.frame({"content": text[:2]})], [self.frame({"content": text[2:]})]) if text else ([], [])
        drawn = [self.frame({"role": "assistant", "content": "", "images": [one]}) for one in images]
        return stream(self.begin()[0], *before, *drawn, *after, *self._stop())

    def drawn_and(self, image: object, *frames: bytes) -> Reply:
        """An image and then other frames, as of a tool call."""
        return stream(
            self.begin()[0],
            self.frame({"images": [image]}),
            *frames,
            self.frame({}, finish="tool_calls"),
            self.usage(),
            DONE,
        )

    def _stop(self) -> Sequence[bytes]:
        return self.frame({}, finish="stop"), self.usage(), DONE


def url(address: str, end: int, title: str | None = "A", *, nested: bool = True) -> dict[str, Any]:
    """A citation: nested as OpenAI and OpenRouter send it, or flat."""
    fields: dict[str, Any] = {"url": address, "start_index": 0, "end_index": end, "content": "…"}
    titled = fields if title is None else {**fields, "title": title}
    return {"type": "url_citation", "url_citation": titled} if nested else {"type": "url_citation", **titled}


def picture(encoded: str, index: int = 0) -> dict[str, Any]:
    """An image as OpenRouter sends it."""
    return {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{encoded}"}, "index": index}
