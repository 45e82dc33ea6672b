"""Hosted tools of the Responses API: https://platform.openai.com/docs/guides/tools, as its servers stream them."""

import base64
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from tests.fakes.responses_wire import Responses
from tests.fakes.upstream import Hold, Reply, Request, stream
from tests.uploads import png

PICTURE = base64.b64encode(png(7)).decode()
PARTIAL = base64.b64encode(png(3)).decode()

_STEPS: Mapping[str, Sequence[str]] = {
    "web_search_call": ("in_progress", "searching", "completed"),
    "file_search_call": ("in_progress", "searching", "completed"),
    "code_interpreter_call": ("in_progress", "interpreting", "completed"),
    "image_generation_call": ("in_progress", "generating"),
    "mcp_call": ("in_progress", "completed"),
    "mcp_list_tools": ("in_progress", "completed"),
    "shiny_call": ("in_progress", "completed"),
}
"""Events about a call of each type, besides its beginning and its end."""

CALLS: Mapping[str, Mapping[str, Any]] = {
    "web_search_call": {
        "action": {
            "type": "search",
            "query": "weather in Bonn",
            "queries": ["weather in Bonn"],
            "sources": [{"type": "url", "url": "https://www.weather.example/bonn"}],
        }
    },
    "file_search_call": {
        "queries": ["holidays"],
        "results": [
            {"file_id": "file-1", "filename": "handbook.pdf", "score": 0.9, "text": "Thirty days."},
            {"file_id": "file-1", "filename": "handbook.pdf", "score": 0.8, "text": "Ask first."},
        ],
    },
    "code_interpreter_call": {
        "code": "print(6 * 7)",
        "container_id": "cntr_1",
        "outputs": [{"type": "logs", "logs": "42"}],
    },
    "image_generation_call": {"result": PICTURE, "revised_prompt": "A red square.", "output_format": "png"},
    "mcp_call": {"name": "read_wiki", "server_label": "wiki", "arguments": '{"page": "Bonn"}', "output": "A city."},
    "mcp_list_tools": {"server_label": "wiki", "tools": [{"name": "read_wiki", "input_schema": {"type": "object"}}]},
    "shiny_call": {"payload": {"shine": 11}},
}
"""The fields of a finished call of each type; `shiny_call` is one that no package knows."""


class Hosted(Responses):
    """Answers whose calls were made by the service itself."""

    def __init__(self) -> None:
        super().__init__()
        self._ids = itertools.count()

    def used(self, kind: str, *, text: str = "", annotations: Sequence[object] = (), **fields: Any) -> Reply:
        """A response with one call, whose `fields` replace those of `CALLS`, and then a text, if there is one."""
        item = self.item(kind, **fields)
        frames, output = self._call(0, item), [item]
        if text:
            frames += self._text(1, text, annotations)
            output.append(self.said(text, annotations))
        return stream(*self._created(), *frames, self._completed(output))

    def cited(self, text: str, *annotations: object) -> Reply:
        """A text with citations."""
        message = self.said(text, annotations)
        return stream(*self._created(), *self._text(0, text, annotations), self._completed([message]))

    def answer(self, *items: Mapping[str, Any]) -> Reply:
        """A response of finished items, which no events announced."""
        return stream(*self._created(), self._completed([dict(item) for item in items]))

    def unfinished(self) -> Reply:
        """An image that is announced, half drawn, and never done."""
        item = self.item("image_generation_call")
        return stream(*self._created(), *self._call(0, item)[:-1], Hold())

    def slow_call(self, kind: str, text: str) -> tuple[list[bytes], list[bytes]]:
        """The frames until a call has begun, and those of its end and of a text."""
        item = self.item(kind)
        added, *rest = self._call(0, item)
        ending = [*rest, *self._text(1, text, ()), self._completed([item, self.said(text)])]
        return [*self._created(), added], ending

    def when_told(self, kind: str, text: str = "Done.", **fields: Any) -> Any:
        """A call at first, and the text as soon as the request holds an item of that kind."""

        def answer(request: Request) -> Reply:
            told = any(item.get("type") == kind for item in request.body["input"] if isinstance(item, dict))
            return self.text(text) if told else self.used(kind, **fields)

        return answer

    def item(self, kind: str, **fields: Any) -> dict[str, Any]:
        """A finished call."""
        return {"type": kind, "id": f"{kind[:2]}_{next(self._ids)}", "status": "completed", **CALLS[kind], **fields}

    def said(self, text: str, annotations: Sequence[object] = ()) -> dict[str, Any]:
        """A finished message."""
        message = self._message(text)
        message["content"][0]["annotations"] = list(annotations)
        return message

    def _call(self, place: int, item: Mapping[str, Any]) -> list[bytes]:
        kind = item["type"]
        where = {"item_id": item["id"], "output_index": place}
        begun = {"type": kind, "id": item["id"], "status": "in_progress"}
        first, *others = (self.event(f"response.{kind}.{step}", **where) for step in _STEPS[kind])
        return [
            self.event("response.output_item.added", output_index=place, item={**_EMPTY.get(kind, {}), **begun}),
            first,
            *self._pieces(item, where),
            *others,
            self.event("response.output_item.done", output_index=place, item=item),
        ]

    def _pieces(self, item: Mapping[str, Any], where: Mapping[str, Any]) -> list[bytes]:
        match item["type"]:
            case "code_interpreter_call":
                name, whole = "code_interpreter_call_code", item["code"] or ""
                deltas = [self.event(f"response.{name}.delta", delta=one, **where) for one in (whole[:5], whole[5:])]
                return [*deltas, self.event(f"response.{name}.done", code=whole, **where)]
            case "mcp_call":
                name, whole = "mcp_call_arguments", item["arguments"]
                delta = self.event(f"response.{name}.delta", delta=whole, **where)
                return [delta, self.event(f"response.{name}.done", arguments=whole, **where)]
            case "image_generation_call":
                name = "response.image_generation_call.partial_image"
                return [self.event(name, partial_image_b64=PARTIAL, partial_image_index=0, **where)]
        return []

    def _text(self, place: int, text: str, annotations: Sequence[object]) -> list[bytes]:
        message = self.said(text, annotations)
        part = message["content"][0]
        return [
            *self._opened(place)[len(self._created()) :],
            self._about("response.output_text.delta", place, delta=text),
            *(
                self._about("response.output_text.annotation.added", place, annotation=one, annotation_index=index)
                for index, one in enumerate(annotations)
            ),
            self._about("response.output_text.done", place, text=text),
            self._about("response.content_part.done", place, part=part),
            self.event("response.output_item.done", output_index=place, item=message),
        ]

    def _completed(self, output: list[dict[str, Any]]) -> bytes:
        return self.event("response.completed", response=self.response("completed", output))


_EMPTY: Mapping[str, Mapping[str, Any]] = {
    "file_search_call": {"queries": [], "results": None},
    "code_interpreter_call": {"code": "", "container_id": "cntr_1", "outputs": None},
    "image_generation_call": {"result": None},
    "mcp_call": {"name": "read_wiki", "server_label": "wiki", "arguments": ""},
    "mcp_list_tools": {"server_label": "wiki", "tools": []},
}
"""The fields of a call that begins."""
