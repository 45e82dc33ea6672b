"""Approval form: asks the user about tool calls that wait for approval, and reads the decisions."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

import msgspec
from chatkit.types import (
    StructuredInput,
    StructuredInputFreeform,
    StructuredInputMultipleChoice,
    StructuredInputMultipleChoiceOption,
)

from app.domain.language import _, deferred, plural
from app.ports.approval_log import DecisionScope
from app.ports.turn_log import PendingApproval

CALLS: Final = 10
"""Calls that one form asks about; it asks about further ones once these are decided."""

_ONCE: Final = deferred("Yes, this once")
_THREAD: Final = deferred("Yes, always in this chat")
_NO: Final = deferred("No")

_LINES: Final = 30
_VALUE_CHARACTERS: Final = 500
_FIELDS: Final = 10
"""Arguments of one call that can be edited; calls with more are shown without fields."""

EDIT_CHARACTERS: Final = 20_000
"""Limit of one edited argument."""

_REASON_CHARACTERS: Final = 2_000


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The user's decision on one call; `edits` are new texts for some of its arguments, by name."""

    approved: bool
    scope: DecisionScope = "once"
    reason: str = ""
    edits: Mapping[str, str] = {}


def form(calls: Sequence[PendingApproval], problems: Mapping[str, str]) -> list[StructuredInput]:
    """Return the questions about these calls; `problems` say, by the id of a call, what was wrong with its edits."""
    inputs: list[StructuredInput] = []
    for number, call in enumerate(calls):
        problem = problems.get(call.call_id, "")
        inputs.append(_choice(number, call, problem))
        inputs += _fields(number, call)
    return inputs


def answers(calls: Sequence[PendingApproval], inputs: Sequence[StructuredInput]) -> list[Answer | None]:
    """Return the decision on each call, None for one that was not decided."""
    given = {asked.id: asked for asked in inputs}
    return [_answer(number, call, given) for number, call in enumerate(calls)]


def editable_arguments(arguments: str) -> dict[str, Any]:
    """Return the arguments of a call by name, empty where they cannot be edited one by one."""
    parsed = _object(arguments)
    return parsed if parsed is not None and len(parsed) <= _FIELDS else {}


def readable(arguments: str) -> str:
    """Return arguments for a person: one line for each value, with its name; long ones are shortened."""
    parsed = _object(arguments)
    if not parsed:
        return _shortened(arguments) if parsed is None and arguments.strip() else ""
    lines: list[str] = []
    left_out = 0
    for name, value in _values("", parsed):
        if len(lines) < _LINES:
            lines.append(f"• {name}: {_shortened(value)}")
        else:
            left_out += 1
    if left_out:
        lines.append(f"… ({plural('{count} more', '{count} more', left_out)})")
    return "\n".join(lines)


def _choice(number: int, call: PendingApproval, problem: str) -> StructuredInput:
    parts = [problem, _("{title}: may I do that?", title=call.title), readable(call.arguments)]
    parts.append(_("To say no with a reason, write the reason instead."))
    return StructuredInputMultipleChoice(
        id=f"decision_{number}",
        question="\n".join(part for part in parts if part),
        options=[StructuredInputMultipleChoiceOption(value=_(option)) for option in (_ONCE, _THREAD, _NO)],
    )


def _fields(number: int, call: PendingApproval) -> Iterator[StructuredInput]:
    if not call.editable:
        return
    for field, (name, value) in enumerate(editable_arguments(call.arguments).items()):
        yield StructuredInputFreeform(
            id=f"argument_{number}_{field}",
            question=_("Change “{name}”?", name=_shortened(name)),
            description=_("Now: {value}. Leave it empty to keep that.", value=_shortened(_text(value))),
        )


def _answer(number: int, call: PendingApproval, given: Mapping[str, StructuredInput]) -> Answer | None:
    asked = given.get(f"decision_{number}")
    if not isinstance(asked, StructuredInputMultipleChoice) or not (chosen := _given(asked)):
        return None
    options = [option.value.casefold() for option in asked.options]
    written = chosen.strip().casefold()
    if written not in options:  # The user's own words are a no, whatever they say.
        return Answer(approved=False, reason=chosen.strip()[:_REASON_CHARACTERS])
    choice = options.index(written)
    if choice == 2:
        return Answer(approved=False)
    return Answer(approved=True, scope="thread" if choice == 1 else "once", edits=_edits(number, call, given))


def _edits(number: int, call: PendingApproval, given: Mapping[str, StructuredInput]) -> dict[str, str]:
    if not call.editable:
        return {}
    names = enumerate(editable_arguments(call.arguments))
    edits = {name: _given(given.get(f"argument_{number}_{field}")) for field, name in names}
    return {name: text for name, text in edits.items() if text.strip()}


def _given(asked: StructuredInput | None) -> str:
    if asked is None or asked.answer is None or asked.answer.skipped:
        return ""
    return next(iter(asked.answer.values), "")


def _values(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """The values in depth, each with the names that lead to it."""
    if isinstance(value, dict) and value:
        for key, each in value.items():
            yield from _values(f"{name} › {key}" if name else str(key), each)
    elif isinstance(value, list) and any(isinstance(each, dict | list) for each in value):
        for place, each in enumerate(value, 1):
            yield from _values(f"{name} {place}", each)
    elif isinstance(value, list):
        yield name, ", ".join(map(_text, value))
    else:
        yield name, _text(value)


def _text(value: Any) -> str:
    match value:
        case str():
            return value
        case bool():
            return _("yes") if value else _("no")
        case None:
            return "–"
    return json.dumps(value, ensure_ascii=False)


def _shortened(text: str) -> str:
    line = " ".join(text[: 2 * _VALUE_CHARACTERS].split())
    return line if len(line) <= _VALUE_CHARACTERS else f"{line[:_VALUE_CHARACTERS]}…"


def _object(arguments: str) -> dict[str, Any] | None:
    with suppress(ValueError, RecursionError):
        parsed = json.loads(arguments)
        if isinstance(parsed, dict):
            return parsed
    return None
