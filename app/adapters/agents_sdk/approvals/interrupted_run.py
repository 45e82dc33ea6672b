"""Interrupted run: a run of the SDK that waits for approvals, as text for the turn's record."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from agents import Agent, RunContextWrapper, RunResult, ToolApprovalItem, UserError
from agents.items import TResponseInputItem
from agents.run_state import RunState

from app.adapters.agents_sdk.tool_context import TurnContext
from app.domain.errors import AnyportError
from app.domain.hosted_items import IMAGE
from app.domain.language import _

STATE_CHARACTERS: Final = 4_000_000
"""Limit of a run that waits: it is read again with each message of its thread until it goes on."""

CallKey = tuple[str, str]
"""The agent of a call, and the call's id: ids of nested runs may repeat."""


class UnstorableRunError(AnyportError):
    """A run cannot wait for an approval: the operator must change the assistant, or raise no such question."""

    code = "approval"


class UnreadableRunError(Exception):
    """A run that waited cannot go on: the assistant or the SDK changed meanwhile."""


def key_of(item: ToolApprovalItem) -> CallKey:
    """Return the key of a call that waits."""
    raw: Any = item.raw_item
    given = raw if isinstance(raw, dict) else vars(raw)
    return item.agent.name, str(given.get("call_id") or given.get("id") or "")


def frozen(state: RunState[Any, Any], result: RunResult, history: Sequence[TResponseInputItem]) -> str:
    """Return the run as JSON text, without its context, its secrets, its images, and the history of the thread.

    Raises `UnstorableRunError`.
    """
    try:
        content = state.to_json(context_serializer=lambda _: {}, strict_context=True)
    except UserError as error:
        raise _unstorable(str(error)) from error
    if result.input == history:  # A handoff may have filtered it; then it is kept.
        content["original_input"] = None
    _drop_contexts(content)
    _drop_secrets(content)
    _drop_images(content)
    text = _encoded(content)
    if len(text) > STATE_CHARACTERS:
        raise _unstorable(f"the run has {len(text)} characters of JSON, and {STATE_CHARACTERS} are allowed")
    return text


class InterruptedRun:
    """A run as its record has it; changes are made before it is restored."""

    def __init__(self, text: str, history: Sequence[TResponseInputItem], rounds: int) -> None:
        self._content: dict[str, Any] = _decoded(text)
        if self._content.get("original_input") is None:
            self._content["original_input"] = _plain(list(history))
        # The answer of the user begins new rounds.
        self._content["max_turns"] = int(self._content.get("current_turn") or 0) + rounds

    def set_arguments(self, call_id: str, arguments: str) -> None:
        """Replace the arguments of a call by those that the user approved."""
        for found in _objects(self._content):
            if found.get("type") == "function_call" and found.get("call_id") == call_id:
                found["arguments"] = arguments
            if isinstance(ledger := found.get("tool_invocations"), dict):
                ledger.pop(call_id, None)  # It holds a digest of the arguments; the SDK makes it anew.

    def set_result(self, call_id: str, result: str) -> None:
        """Set the result of a call that ended with a question of its own, now that this is answered."""
        for found in _objects(self._content):
            if found.get("type") == "function_call_output" and found.get("call_id") == call_id:
                found["output"] = result
            raw = found.get("raw_item")
            if isinstance(raw, dict) and raw.get("call_id") == call_id and "output" in found:
                found["output"] = result

    async def restored(self, root: Agent[Any], context: TurnContext) -> RunState[TurnContext, Any]:
        """Return the run for the present agents. Raises `UnreadableRunError`."""
        try:
            return await RunState.from_json(
                root,
                _plain(self._content),
                context_override=RunContextWrapper(context=context.for_run),
                context_deserializer=lambda _: context.for_run,
                strict_context=True,
            )
        except Exception as error:  # The SDK promises no type for a state that it cannot read.
            raise UnreadableRunError(str(error)) from error


def interrupted_run(text: str, history: Sequence[TResponseInputItem], rounds: int) -> InterruptedRun:
    """Read a run from its record. Raises `UnreadableRunError`."""
    try:
        return InterruptedRun(text, history, rounds)
    except (ValueError, TypeError, RecursionError) as error:
        raise UnreadableRunError(str(error)) from error


def _unstorable(detail: str) -> UnstorableRunError:
    message = _("This needs your approval, but the question cannot be kept until you answer. The log says why.")
    return UnstorableRunError(message, detail=detail)


def _drop_contexts(content: dict[str, Any]) -> None:
    """Remove contexts that are mappings, which the SDK stores without asking the serializer."""
    for found in _objects(content):
        if "context_meta" in found:
            found["context"] = {}


def _drop_secrets(content: dict[str, Any]) -> None:
    """Remove the configuration of hosted MCP servers, which may hold tokens: the present assistant has it too."""
    for found in _objects(content):
        if isinstance(tool := found.get("mcp_tool"), dict) and isinstance(config := tool.get("tool_config"), dict):
            tool["tool_config"] = {"server_label": config.get("server_label")}


def _drop_images(content: dict[str, Any]) -> None:
    """Remove the bytes of generated images: attachments of the thread keep them, and later turns show them again."""
    for found in _objects(content):
        if found.get("type") == IMAGE:
            found["result"] = None


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """All JSON objects inside a value, and the value itself."""
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, dict):
            yield each
            pending += each.values()
        elif isinstance(each, list):
            pending += each


def _plain(value: Any) -> Any:
    """The value in the built-in types of JSON; texts are shared, because files in them may be large."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def _encoded(content: Mapping[str, Any]) -> str:
    try:
        return msgspec.json.encode(content).decode()
    except UnicodeEncodeError:  # Half an emoji, which only the standard library encodes.
        return json.dumps(content)


def _decoded(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return json.loads(text)
