"""Passages: items and tool calls of a thread as short plain texts, for a summary."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any, Final

import msgspec
from chatkit.types import (
    AssistantMessageItem,
    ClientToolCallItem,
    GeneratedImageItem,
    HiddenContextItem,
    SDKHiddenContextItem,
    StructuredInputItem,
    TaskItem,
    ThreadItem,
    UserMessageItem,
    WidgetItem,
)

from app.application.turns.endings import note_for_model
from app.chatkit_json.item_fields import IncompleteNote
from app.ports.history_summarizer import Passage
from app.ports.turn_log import TurnRecord

_TEXT: Final = 6_000
_ARGUMENTS: Final = 500
_RESULT: Final = 1_000
"""Most characters of one text; the middle of a longer one is left out."""

_ARGUMENT_FIELDS: Final = ("arguments", "action", "queries", "code")
_RESULT_FIELDS: Final = ("output", "outputs", "results", "error")
"""Fields of calls in the Responses API, of functions and of hosted tools."""

Group = list[tuple[ThreadItem, TurnRecord | None]]
"""Items that a summary covers together: an item and the answer to it, with the answer's record."""


def passages_of(group: Group) -> list[Passage]:
    """Return what a model would be told of these items: turns from their records, other items from themselves.

    The messages of a record are told while all its items are there. When one was deleted, they could hold its text, and
    the messages that are left are told from their items.
    """
    present = {item.id for item, _ in group}
    recorded: set[str] = set()
    found: list[Passage] = []
    for item, turn in group:
        is_whole = turn is not None and present.issuperset(turn.item_ids)
        if turn is not None and is_whole:
            recorded.update(turn.item_ids)
        # The record stands for the message too, which a guardrail rejected.
        is_replaced = turn is not None and item.id in turn.item_ids
        if not is_replaced:
            found += _said("context", _shown(item)) if item.id in recorded else text_of(item)
        if turn is not None:
            found += _of_record(turn, with_answers=is_whole)
    return found


def text_of(item: ThreadItem) -> Sequence[Passage]:
    """Return the text of one item: a message with the names of its attachments, the copy text of a widget."""
    match item:
        case UserMessageItem():
            return _said("user", _user_text(item))
        case AssistantMessageItem():
            return _said("assistant", "".join(part.text for part in item.content))
        case StructuredInputItem():
            return _said("user", "\n".join(_answers(item)))
        case ClientToolCallItem():
            return [_call(item.name, _json(item.arguments), item.output)]
        case _:
            return _said("context", _shown(item))


def _of_record(turn: TurnRecord, *, with_answers: bool) -> Iterator[Passage]:
    """The calls of a turn with their results, notes to the model, and the messages of the assistant."""
    results = {item.get("call_id"): item for item in turn.model_items if item.get("type") == "function_call_output"}
    for item in turn.model_items:
        if str(item.get("type")).endswith("_call"):
            yield _recorded_call(item | results.get(item.get("call_id"), {}))
        elif item.get("role") == "assistant" and with_answers:
            yield from _said("assistant", _message_text(item.get("content")))
        elif item.get("role") == "user":
            yield from _said("context", _message_text(item.get("content")))


def _message_text(content: Any) -> str:
    if isinstance(content, str):
        return content
    parts = (part for part in content or [] if isinstance(part, dict))
    return "".join(str(part.get("text") or part.get("refusal") or "") for part in parts)


def _recorded_call(call: Mapping[str, Any]) -> Passage:
    """The call of a function or of a hosted tool, whose fields differ by its type; bytes of pictures are no result."""
    name = call.get("name") or str(call.get("type")).removesuffix("_call")
    arguments = next((call[field] for field in _ARGUMENT_FIELDS if call.get(field)), "")
    result = next((call[field] for field in _RESULT_FIELDS if call.get(field)), "")
    return _call(str(name), arguments if isinstance(arguments, str) else _json(arguments), result)


def _shown(item: ThreadItem) -> str:
    """The text of an item that is no message; empty for one whose turn tells the same."""
    match item:
        case WidgetItem(copy_text=str(text)) if text:
            return f"A widget was shown to the user: {text}"
        case IncompleteNote():
            return note_for_model(item)
        case TaskItem():
            return getattr(item.task, "title", None) or ""
        case GeneratedImageItem():
            return "A generated image was shown to the user."
        case HiddenContextItem() | SDKHiddenContextItem():
            return item.content if isinstance(item.content, str) else _json(item.content)
    return ""


def within(passages: Sequence[Passage], limit: int) -> Sequence[Passage]:
    """Return the passages, without those in the middle that exceed `limit` bytes in all."""
    if size_of(passages) <= limit:
        return passages
    head, tail = _prefix(passages, limit // 2), _prefix(passages[::-1], limit // 2)[::-1]
    return [*head, Passage("context", "[…]"), *tail]


def size_of(passages: Sequence[Passage]) -> int:
    """The size of the passages in bytes, as JSON."""
    return sum(len(msgspec.json.encode(passage)) + 1 for passage in passages)


def _prefix(passages: Sequence[Passage], limit: int) -> Sequence[Passage]:
    sizes = accumulate(size_of([passage]) for passage in passages)
    return passages[: sum(size <= limit for size in sizes)]


def _user_text(item: UserMessageItem) -> str:
    quoted = [f"> {item.quoted_text}"] if item.quoted_text else []
    names = [f"[attachment: {attachment.name}]" for attachment in item.attachments]
    return "\n".join([*quoted, "".join(part.text for part in item.content), *names])


def _answers(item: StructuredInputItem) -> Iterator[str]:
    for question in item.inputs:
        given = question.answer
        values = [] if given is None or given.skipped else [str(value) for value in given.values]
        yield f"Asked: {question.question} Answered: {', '.join(values) or '(nothing)'}"


def _call(name: str, arguments: str, result: object) -> Passage:
    return Passage("tool", _clean(f"{name}({_cut(arguments, _ARGUMENTS)}) returned: {_cut(_result(result), _RESULT)}"))


def _result(result: object) -> str:
    """The text of a result; of a list of parts their texts, and the types of pictures and files in place of their
    bytes."""
    if isinstance(result, str):
        return result
    if not isinstance(result, list):
        return _json(result)
    parts = (part if isinstance(part, dict) else {} for part in result)
    return "\n".join(str(part.get("text") or f"[{part.get('type')}]") for part in parts)


def _said(by: Any, text: str) -> Sequence[Passage]:
    return [Passage(by, _clean(_cut(text, _TEXT)))] if text.strip() else []


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most * 2 // 3]} […] {text[-(most // 3) :]}"


def _clean(text: str) -> str:
    """The text without halves of characters, which no request to a model can carry."""
    return text.encode(errors="replace").decode()


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
