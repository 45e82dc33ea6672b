"""What the demo understands: a few sentences about tasks, as calls of the real tools."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any, Final

import msgspec

_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY: Final = (
    rf"\d{{4}}-\d{{2}}-\d{{2}}|today|tomorrow|next week|in \d{{1,3}} days?|(?:next )?(?:{'|'.join(_WEEKDAYS)})"
)
_DUE: Final = re.compile(rf"[,;]?\s*\b(?:(?:due|by|until|on)\s+)?({_DAY})\s*$", re.IGNORECASE)
_PRIORITY: Final = re.compile(
    r"[,;]?\s*\b(?:with\s+|at\s+)?(low|medium|high)[\s-]priority\b|[,;]?\s*\bpriority:?\s+(low|medium|high)\b",
    re.IGNORECASE,
)
_POLITENESS: Final = re.compile(r"^(?:please|could you|can you|would you|now)\s+(?:please\s+)?", re.IGNORECASE)
_LONGEST: Final = 500
_IT: Final = re.compile(r"(?:it|that|this|that one|this one|that task|this task)", re.IGNORECASE)


class Call(msgspec.Struct, frozen=True):
    """A tool to call."""

    tool: str
    arguments: dict[str, Any]


Reading = Callable[[re.Match[str], dt.date], Call | None]


def understand(text: str, today: dt.date) -> Call | None:
    """The call that a sentence asks for; None when it asks for none that the demo knows.

    A task is named as it was said; `it` stands for the one that was spoken of last.
    """
    sentence = " ".join(text.split()).rstrip(".!? ")
    sentence = re.sub(
        r"^(?:please|could you|can you|would you|now)\s+(?:please\s+)?", "", sentence, flags=re.IGNORECASE
    )
    for pattern, reading in _SENTENCES:
        match = pattern.fullmatch(sentence)
        call = reading(match, today) if match else None
        if call is not None:
            return call
    return None


def means_it(reference: str) -> bool:
    """Whether a task is named by a pronoun."""
    return bool(_IT.fullmatch(reference))


def day(text: str, today: dt.date) -> dt.date | None:
    """The day that `text` means, seen from `today`; None when it means none."""
    text = text.strip().lower().removeprefix("next ") if text.strip().lower() != "next week" else "next week"
    if text in _WEEKDAYS:
        return today + dt.timedelta(days=(_WEEKDAYS.index(text) - today.weekday() - 1) % 7 + 1)
    if match := re.fullmatch(r"in (\d{1,3}) days?", text):
        return today + dt.timedelta(days=int(match[1]))
    offsets = {"today": 0, "tomorrow": 1, "next week": 7}
    if text in offsets:
        return today + dt.timedelta(days=offsets[text])
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _add(match: re.Match[str], today: dt.date) -> Call | None:
    title, details = match["title"], {}
    if found := _PRIORITY.search(title):
        details["priority"] = (found[1] or found[2]).lower()
        title = title[: found.start()] + title[found.end() :]
    if (found := _DUE.search(title)) and found.start() and (due := day(found[1], today)):
        details["due"] = due.isoformat()
        title = title[: found.start()]
    title = _name(title.strip(" ,;:"))
    return Call("create_task", {"title": title, **details}) if title else None


def _list(match: re.Match[str], _: dt.date) -> Call:
    words = match[0].lower()
    if re.search(r"\b(?:completed|done|finished)\b", words):
        return Call("list_tasks", {"status": "completed"})
    if re.search(r"\b(?:open|pending|left|remaining)\b", words):
        return Call("list_tasks", {"status": "pending"})
    return Call("list_tasks", {})


def _rename(match: re.Match[str], _: dt.date) -> Call:
    return Call("update_task", {"task": _name(match["task"]), "title": _name(match["title"])})


def _prioritise(match: re.Match[str], _: dt.date) -> Call:
    return Call("update_task", {"task": _name(match["task"]), "priority": match["priority"].lower()})


def _schedule(match: re.Match[str], today: dt.date) -> Call | None:
    due = day(match["day"], today)
    return Call("update_task", {"task": _name(match["task"]), "due": due.isoformat()}) if due else None


def _on(tool: str) -> Reading:
    return lambda match, _: Call(tool, {"task": _name(match["task"])})


def _name(text: str) -> str:
    text = re.sub(r"^(?:the\s+)?task\s+(?=\S)", "", text.strip(), flags=re.IGNORECASE)
    return text.strip().strip("\"'“”‘’„«»").strip()


def _sentences(*rows: tuple[str, Reading]) -> tuple[tuple[re.Pattern[str], Reading], ...]:
    return tuple((re.compile(pattern, re.IGNORECASE), reading) for pattern, reading in rows)


_LEVEL: Final = r"(?P<priority>low|medium|high)"

_SENTENCES: Final = _sentences(
    (rf"(?:set|change|make)\s+(?:the\s+)?priority\s+(?:of|for)\s+(?P<task>.+?)\s+(?:to|as)\s+{_LEVEL}", _prioritise),
    (rf"(?:set|make)\s+(?P<task>.+?)\s+(?:to\s+)?{_LEVEL}[\s-]priority", _prioritise),
    (rf"(?:set|move)\s+(?:the\s+)?due date\s+(?:of|for)\s+(?P<task>.+?)\s+to\s+(?P<day>{_DAY})", _schedule),
    (rf"(?P<task>.+?)\s+is\s+due\s+(?:on\s+|by\s+)?(?P<day>{_DAY})", _schedule),
    (r"rename\s+(?P<task>.+?)\s+(?:to|as|into)\s+(?P<title>.+)", _rename),
    (r"change\s+(?P<task>.+?)\s+(?:to|into)\s+(?P<title>.+)", _rename),
    (r"mark\s+(?P<task>.+?)\s+(?:as\s+)?(?:not done|pending|open|undone)", _on("reopen_task")),
    (r"mark\s+(?P<task>.+?)\s+(?:as\s+)?(?:done|complete|completed|finished)", _on("complete_task")),
    (r"(?:reopen|undo|uncheck)\s+(?P<task>.+)", _on("reopen_task")),
    (r"(?:complete|finish|check off|tick off|done with|i(?:'m| am) done with)\s+(?P<task>.+)", _on("complete_task")),
    (r"(?P<task>.+?)\s+is\s+(?:done|finished|complete|completed)", _on("complete_task")),
    (r"(?:delete|remove|drop|get rid of)\s+(?P<task>.+)", _on("delete_task")),
    (r"(?:tell me (?:more )?about|details (?:of|on)|describe|look up|open)\s+(?P<task>.+)", _on("get_task")),
    (
        r"(?:show|list|see|display|give)\b(?:\s+me)?(?:\s+all)?(?:\s+(?:my|the|of))*"
        r"(?:\s+(?:open|pending|completed|done|finished|remaining))?\s+(?:tasks?|to-?dos?|list).*",
        _list,
    ),
    (r"(?:my\s+)?(?:tasks|to-?dos|to-?do list)", _list),
    (r"what(?:'s|’s| is| do i have| have i got|\s+are)\b.*\b(?:tasks?|to-?dos?|left|list|to do|remaining)\b.*", _list),
    (
        r"(?:add|create|make|new|note|remember)\s+(?:me\s+)?(?:(?:a|another|the)\s+)?(?:new\s+)?(?:task|to-?do)\b"
        r"(?:\s+(?:called|named|titled|to)\b)?\s*:?\s*(?P<title>.+)",
        _add,
    ),
    (r"(?:add|remind me to|i (?:need|have) to|remember to)\s+(?P<title>.+)", _add),
)
