"""Tool calls, assembled from the deltas of a stream."""

import uuid
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from openai.types.responses import (
    ResponseFunctionCallArgumentsDeltaEvent,
    ResponseFunctionCallArgumentsDoneEvent,
    ResponseFunctionToolCall,
)

from app.adapters.providers.shared.chat_completions.output_items import Events, OutputItems
from app.adapters.providers.shared.chat_completions.reasoning_details import Detail, ReasoningDetails
from app.adapters.providers.shared.chat_completions.wire import ToolCall

_LONGEST_ID: Final = 40  # OpenAI's limit, in case the history moves to OpenAI.


class PartialCall(msgspec.Struct, kw_only=True):
    """Tool call under construction; `id` is unique in the run, even if the upstream repeats ids."""

    id: str
    output_index: int
    upstream_id: str
    index: int | None
    name: str = ""
    arguments: str = ""
    signature: str = ""
    announced: bool = False
    item_id: str = msgspec.field(default_factory=lambda: f"fc_{uuid.uuid4().hex}")

    @property
    def is_complete(self) -> bool:
        """True when the arguments are a JSON object or empty."""
        return not self.arguments or _is_object(self.arguments)

    def item(self, model: str, *, done: bool, details: Sequence[Detail] = ()) -> ResponseFunctionToolCall:
        """Item of the Responses API; `provider_data` carries signature and reasoning details into the history."""
        origin: dict[str, Any] = {"model": model}
        if self.signature:
            origin["thought_signature"] = self.signature
        if details:
            origin["reasoning_details"] = list(details)
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


class ToolCalls:
    """Tool calls of one response, matched by index, id and name: Gemini sends no index, some servers no id."""

    def __init__(self, outputs: OutputItems, taken: set[str]) -> None:
        self._outputs = outputs
        self._taken = taken
        self._calls: list[PartialCall] = []
        self.details = ReasoningDetails()

    def __bool__(self) -> bool:
        return bool(self._calls)

    @property
    def are_whole(self) -> bool:
        """True when each call has a name and complete arguments."""
        return all(call.name and call.is_complete for call in self._calls)

    @property
    def are_named(self) -> bool:
        """True when each call has a name."""
        return all(call.name for call in self._calls)

    def add(self, piece: ToolCall) -> Events:
        """Add a delta to its call; yield the events."""
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
            yield self._outputs.added(call.output_index, call.item(self._outputs.model, done=False))
        if added and call.announced:
            yield ResponseFunctionCallArgumentsDeltaEvent(
                type="response.function_call_arguments.delta",
                delta=added,
                item_id=call.item_id,
                output_index=call.output_index,
                sequence_number=self._outputs.next_number(),
            )

    def close(self) -> Events:
        """Yield the closing events of all calls, in order. The first one holds the reasoning details."""
        for number, call in enumerate(self._calls):
            item = call.item(self._outputs.model, done=True, details=() if number else self.details.whole())
            yield ResponseFunctionCallArgumentsDoneEvent.model_validate(
                {
                    "type": "response.function_call_arguments.done",
                    "arguments": item.arguments,
                    "name": call.name,
                    "item_id": call.item_id,
                    "output_index": call.output_index,
                    "sequence_number": self._outputs.next_number(),
                }
            )
            yield self._outputs.done(call.output_index, item)

    def _find(self, piece: ToolCall) -> PartialCall | None:
        backwards = list(reversed(self._calls))
        if piece.index is not None:
            return next((call for call in backwards if call.index == piece.index), None)
        known = next((call for call in backwards if piece.id and call.upstream_id == piece.id), None)
        if known is not None or (piece.function and piece.function.name):
            return known
        return backwards[0] if backwards else None

    def _begin(self, piece: ToolCall) -> PartialCall:
        upstream_id = piece.id or ""
        usable = 0 < len(upstream_id) <= _LONGEST_ID and upstream_id not in self._taken
        unique = upstream_id if usable else f"call_{uuid.uuid4().hex}"
        self._taken.add(unique)
        call = PartialCall(
            id=unique, output_index=self._outputs.next_index(), upstream_id=upstream_id, index=piece.index
        )
        self._calls.append(call)
        return call


def _starts_another(call: PartialCall, piece: ToolCall) -> bool:
    """True when a delta with a name starts another call, even under a repeated index or id."""
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
