"""Tool calls, put together from the pieces in which upstreams send them."""

import uuid
from typing import Any, Final

import msgspec
from openai.types.responses import (
    ResponseFunctionCallArgumentsDeltaEvent,
    ResponseFunctionCallArgumentsDoneEvent,
    ResponseFunctionToolCall,
)

from app.adapters.providers.shared.chat_completions.output_items import Events, Outputs
from app.adapters.providers.shared.chat_completions.wire import ToolCall

_LONGEST_ID: Final = 40  # What OpenAI's chat completions take, should the history move there.


class Call(msgspec.Struct, kw_only=True):
    """One call while it grows; `id` is unique in the run, whatever the upstream sent."""

    id: str
    place: int
    upstream_id: str
    index: int | None
    name: str = ""
    arguments: str = ""
    signature: str = ""
    announced: bool = False
    item_id: str = msgspec.field(default_factory=lambda: f"fc_{uuid.uuid4().hex}")

    @property
    def is_complete(self) -> bool:
        """The arguments are whole: an object, or nothing at all."""
        return not self.arguments or _is_object(self.arguments)

    def item(self, model: str, *, done: bool) -> ResponseFunctionToolCall:
        """The call as the Agents SDK knows it; the signature travels in `provider_data` into the history."""
        origin = {"model": model, **({"thought_signature": self.signature} if self.signature else {})}
        return ResponseFunctionToolCall.model_validate(
            {
                "type": "function_call",
                "id": self.item_id,
                "call_id": self.id,
                "name": self.name,
                "arguments": (self.arguments or "{}") if done else "",
                "status": "completed" if done else "in_progress",
                "provider_data": origin,
            }
        )


class Calls:
    """All calls of one response, told apart by index, id and name: Gemini sends no index, some servers no id."""

    def __init__(self, outputs: Outputs, taken: set[str]) -> None:
        self._outputs = outputs
        self._taken = taken
        self._calls: list[Call] = []

    def __bool__(self) -> bool:
        return bool(self._calls)

    @property
    def are_whole(self) -> bool:
        """Every call has a name and arguments that can be read."""
        return all(call.name and call.is_complete for call in self._calls)

    @property
    def are_named(self) -> bool:
        """Every call says what to call."""
        return all(call.name for call in self._calls)

    def add(self, piece: ToolCall) -> Events:
        """Put `piece` where it belongs."""
        call = self._find(piece)
        if call is None or _starts_another(call, piece):
            call = self._begin(piece)
        function = piece.function
        added = _text(function.arguments) if function else ""
        call.name = call.name or (function.name if function else "") or ""
        call.arguments += added
        call.signature = call.signature or (piece.extra_content.signature if piece.extra_content else "")
        if call.name and not call.announced:
            call.announced = True
            added = call.arguments
            yield self._outputs.added(call.place, call.item(self._outputs.model, done=False))
        if added and call.announced:
            yield ResponseFunctionCallArgumentsDeltaEvent(
                type="response.function_call_arguments.delta",
                delta=added,
                item_id=call.item_id,
                output_index=call.place,
                sequence_number=self._outputs.number(),
            )

    def close(self) -> Events:
        """The ends of all calls, in their order."""
        for call in self._calls:
            item = call.item(self._outputs.model, done=True)
            yield ResponseFunctionCallArgumentsDoneEvent.model_validate(
                {
                    "type": "response.function_call_arguments.done",
                    "arguments": item.arguments,
                    "name": call.name,
                    "item_id": call.item_id,
                    "output_index": call.place,
                    "sequence_number": self._outputs.number(),
                }
            )
            yield self._outputs.done(call.place, item)

    def _find(self, piece: ToolCall) -> Call | None:
        backwards = list(reversed(self._calls))
        if piece.index is not None:
            return next((call for call in backwards if call.index == piece.index), None)
        known = next((call for call in backwards if piece.id and call.upstream_id == piece.id), None)
        if known is not None or (piece.function and piece.function.name):
            return known
        return backwards[0] if backwards else None

    def _begin(self, piece: ToolCall) -> Call:
        upstream_id = piece.id or ""
        usable = 0 < len(upstream_id) <= _LONGEST_ID and upstream_id not in self._taken
        unique = upstream_id if usable else f"call_{uuid.uuid4().hex}"
        self._taken.add(unique)
        call = Call(id=unique, place=self._outputs.place(), upstream_id=upstream_id, index=piece.index)
        self._calls.append(call)
        return call


def _starts_another(call: Call, piece: ToolCall) -> bool:
    """A named piece after a finished call is the next one, even under an index or id that was used before."""
    function = piece.function
    if not (call.name and function and function.name):
        return False
    if piece.id and call.upstream_id and piece.id != call.upstream_id:
        return True
    return bool(call.arguments and function.arguments) and call.is_complete


def _is_object(arguments: str) -> bool:
    try:
        return isinstance(msgspec.json.decode(arguments), dict)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False


def _text(arguments: str | dict[str, Any] | None) -> str:
    if isinstance(arguments, dict):
        return msgspec.json.encode(arguments).decode()
    return arguments or ""
