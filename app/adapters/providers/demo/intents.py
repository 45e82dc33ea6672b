"""Intent parser of the demo: sentences about tasks, as calls of the real tools."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any, Final

import msgspec

from app.adapters.providers.demo.dates import DAY, day
from app.domain.language import _, deferred

FORM: Final = "ask_user"
"""Name of the tool that shows the form for a new task."""

HAND_OVER: Final = "hand_over"
"""Stands for the tool of a handoff: `to` is the agent's name as the user says it."""

PRIORITIES: Final = ("low", "medium", "high")

LONGEST: Final = 500
"""Characters of a sentence. Patterns take quadratic time, so a longer text would block the event loop."""

_OFFERED: Final = (
    deferred("Show me my tasks"),
    deferred("Add a task: try out this chat, high priority"),
    deferred("What can you help me with?"),
    deferred("Complete all my tasks"),
    deferred("Hand me over to the coach"),
)
"""Prompts of the start screen, which are translated."""


class Call(msgspec.Struct, frozen=True):
    """Tool call: name and arguments."""

    tool: str
    arguments: dict[str, Any]


Reading = Callable[[re.Match[str], dt.date], Call | None]


def to_english(text: str) -> str:
    """Translate a prompt of the start screen back to English; return any other text unchanged."""
    return next((sentence for sentence in _OFFERED if text.strip() == _(sentence)), text)


def parse_intent(text: str, today: dt.date) -> Call | None:
    """Parse a sentence into a tool call; None when no pattern matches.

    A task keeps the name from the sentence, which may be a pronoun: see `is_pronoun`.
    """
    sentence = _plain(text)
    for pattern, reading in _SENTENCES:
        match = pattern.fullmatch(sentence)
        call = reading(match, today) if match else None
        if call is not None:
            return call
    return None


def forced_call(tool: str, text: str) -> Call | None:
    """Build the call of a required tool from any text; None for a tool that needs more than a name."""
    name = _title(_plain(text))
    match tool:
        case "list_tasks":
            return Call(tool, {})
        case "create_task":
            return Call(tool, {"title": name})
        case "get_task" | "complete_task" | "reopen_task" | "delete_task":
            return Call(tool, {"task": name})
    return None


def is_pronoun(reference: str) -> bool:
    """True for a pronoun, which refers to the task of the latest tool result."""
    return bool(_IT.fullmatch(reference))


def _add(match: re.Match[str], today: dt.date) -> Call | None:
    title, details = match["title"], {}
    if found := _PRIORITY.search(title):
        title = title[: found.start()] + title[found.end() :]
        details["priority"] = (found[1] or found[2]).lower()
    if level := match.groupdict().get("level"):
        details["priority"] = level.lower()
    title = _ON_THE_LIST.sub("", title)
    if (found := _DUE.search(title)) and found.start() and (due := day(found[1], today)):
        title = title[: found.start()]
        details["due"] = due.isoformat()
    title = _title(_ON_THE_LIST.sub("", title))
    return Call("create_task", {"title": title, **details}) if title else None


def _list(match: re.Match[str], _: dt.date) -> Call:
    for status, pattern in _STATUSES:
        if pattern.search(match[0]):
            return Call("list_tasks", {"status": status})
    return Call("list_tasks", {})


def _rename(match: re.Match[str], _: dt.date) -> Call:
    return Call("update_task", {"task": _reference(match["task"]), "title": _title(match["title"])})


def _prioritise(match: re.Match[str], _: dt.date) -> Call:
    return Call("update_task", {"task": _reference(match["task"]), "priority": match["level"].lower()})


def _schedule(match: re.Match[str], today: dt.date) -> Call | None:
    due = day(match["day"], today)
    return Call("update_task", {"task": _reference(match["task"]), "due": due.isoformat()}) if due else None


def _unschedule(match: re.Match[str], _: dt.date) -> Call:
    return Call("update_task", {"task": _reference(match["task"]), "due": "none"})


def _delete_all(match: re.Match[str], _: dt.date) -> Call:
    for status, pattern in _STATUSES:
        if pattern.search(match[0]):
            return Call("delete_tasks", {"status": status})
    return Call("delete_tasks", {"status": "all"})


def _delete_several(match: re.Match[str], _: dt.date) -> Call:
    named = re.split(r"\s*,\s*(?:and\s+)?|\s+and\s+", match["tasks"], flags=re.IGNORECASE)
    return Call("delete_tasks", {"tasks_to_delete": [_reference(name) for name in named if name.strip()]})


def _selected(match: re.Match[str], _: dt.date) -> Call:
    return Call("get_selected_task", {})


def _ask(match: re.Match[str], _: dt.date) -> Call:
    questions: list[dict[str, Any]] = [
        {"question": "What is to be done?"},
        {"question": "How much does it matter?", "options": list(PRIORITIES)},
    ]
    return Call(FORM, {"questions": questions})


def _complete_all(match: re.Match[str], _: dt.date) -> Call:
    return Call("complete_all_tasks", {"priority": (match["level"] or "any").lower()})


def _hand_over(match: re.Match[str], _: dt.date) -> Call:
    return Call(HAND_OVER, {"to": _title(match["agent"])})


def _on(tool: str) -> Reading:
    return lambda match, _: Call(tool, {"task": _reference(match["task"])})


def _plain(text: str) -> str:
    """Normalize a sentence: one line, without polite words and without final punctuation."""
    sentence = " ".join(text[: LONGEST + 1].split()).rstrip(".!? ")
    return _POLITENESS.sub("", sentence) if len(text) <= LONGEST else ""


def _reference(text: str) -> str:
    """Extract the name of a task: “the milk task”, “task milk” and “milk from my list” all mean milk."""
    name = _ON_THE_LIST.sub("", text)
    for around in _THE_TASK:
        if match := around.fullmatch(name):
            name = match[1]
            break
    return _title(name)


def _title(text: str) -> str:
    text = text.strip(" ,;:")
    return text[1:-1].strip() if len(text) > 1 and text[0] + text[-1] in _QUOTES else text


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


def _sentences(*rows: tuple[str, Reading]) -> tuple[tuple[re.Pattern[str], Reading], ...]:
    return tuple((_pattern(text), reading) for text, reading in rows)


_LEVEL: Final = r"(?P<level>low|medium|high)"
_ARTICLE: Final = r"(?:(?:an?|another|the|my)\s+)?(?:new\s+)?"
_QUOTES: Final = frozenset({'""', "''", "“”", "„“", "‘’", "«»", "»«"})
_POLITENESS: Final = _pattern(
    r"^(?:(?:please|ok|okay|now|and|then|could you|can you|would you)\b[\s,]*)+|[\s,]+please$"
)
_IT: Final = _pattern(r"it|that|this|(?:that|this|last|last added) (?:one|task)")
_THE_TASK: Final = (
    _pattern(r"(?:the|my)\s+(.+)\s+task"),
    _pattern(r"(?:the\s+|my\s+)?task\s+(?:called\s+|named\s+)?(.+)"),
    _pattern(r"(?:the|my)\s+(.+)"),
)
_ON_THE_LIST: Final = _pattern(
    r"\s+(?:to|on|from|off)\s+(?:my|the)\s+(?:(?:task|to-?do)\s+)?(?:list|tasks|to-?dos)\s*$"
)
_DUE: Final = _pattern(rf"[,;]?\s*\b(?:(?:due|by|until|on)\s+)*({DAY})\s*$")
_PRIORITY: Final = _pattern(
    r"[,;]?\s*\b(?:(?:with|at)\s+)?(low|medium|high)[\s-]priority\b|[,;]?\s*\bpriority:?\s+(low|medium|high)\b"
)
_STATUSES: Final = (
    ("completed", _pattern(r"\b(?:completed|done|finished)\b")),
    ("pending", _pattern(r"\b(?:open|pending|left|remaining|to do|due)\b")),
)

_SENTENCES: Final = _sentences(
    (
        r"(?:what(?:'s|’s)?|which)\s+(?:is|are|do i|have i|tasks|left|on|still|due)\b"
        r"(?:.*\b(?:tasks?|to-?dos?|left|list|to do|due|remaining|open|done|finished)\b.*)?",
        _list,
    ),
    (r"(?:do i have |are there |is there |have i got )?any(?:thing)?\b.*\b(?:tasks|to-?dos|left|to do|due)\b.*", _list),
    (
        r"(?:show|list|see|display|give)\b(?:\s+me)?(?:\s+all)?(?:\s+(?:my|the|of))*"
        rf"(?:\s+(?:open|pending|completed|done|finished|remaining|{_LEVEL}[\s-]priority))?"
        r"\s+(?:tasks?|to-?dos?|(?:task |to-?do )?list)(?:\s+.*)?",
        _list,
    ),
    (r"(?:(?:all|my|all my)\s+)?(?:open\s+|completed\s+|pending\s+)?(?:tasks|to-?dos|(?:task |to-?do )list)", _list),
    (rf"(?:set|change|make)\s+(?:the\s+)?priority\s+(?:of|for)\s+(?P<task>.+?)\s+(?:to|as)\s+{_LEVEL}", _prioritise),
    (rf"(?:set|make|mark|change)\s+(?P<task>.+?)\s+(?:(?:to|as)\s+)?{_LEVEL}[\s-]priority", _prioritise),
    (rf"set\s+(?P<task>.+?)\s+to\s+{_LEVEL}", _prioritise),
    (rf"(?:set|move|change)\s+(?:the\s+)?due date\s+(?:of|for)\s+(?P<task>.+?)\s+to\s+(?P<day>{DAY})", _schedule),
    (r"(?:remove|clear|delete|drop)\s+(?:the\s+)?due date\s+(?:of|for|from)\s+(?P<task>.+)", _unschedule),
    (rf"(?:move|postpone|reschedule)\s+(?P<task>.+?)\s+to\s+(?P<day>{DAY})", _schedule),
    (rf"make\s+(?P<task>.+?)\s+due\s+(?:on\s+|by\s+)?(?P<day>{DAY})", _schedule),
    (rf"(?P<task>.+?)\s+is\s+due\s+(?:on\s+|by\s+)?(?P<day>{DAY})", _schedule),
    (r"(?:change|set)\s+(?:the\s+)?(?:title|name)\s+of\s+(?P<task>.+?)\s+(?:to|into)\s+(?P<title>.+)", _rename),
    (r"rename\s+(?P<task>.+?)\s+(?:to|as|into)\s+(?P<title>.+)", _rename),
    (r"change\s+(?P<task>.+?)\s+(?:to|into)\s+(?P<title>.+)", _rename),
    (r"mark\s+(?P<task>.+?)\s+(?:as\s+)?(?:not done|pending|open|undone)", _on("reopen_task")),
    (r"mark\s+(?P<task>.+?)\s+(?:as\s+)?(?:done|complete|completed|finished)", _on("complete_task")),
    (r"(?:reopen|undo|uncheck)\s+(?P<task>.+)", _on("reopen_task")),
    (
        r"(?:complete|finish|check off|tick off)\s+(?:all|everything)(?:\s+(?:of\s+)?(?:my|the))?"
        rf"(?:\s+(?:open|pending))?(?:\s+{_LEVEL}[\s-]priority)?(?:\s+(?:tasks|to-?dos))?",
        _complete_all,
    ),
    (
        r"(?:hand|pass|put|connect|transfer)\s+(?:me\s+)?(?:over\s+|on\s+|through\s+)?(?:to|with)\s+"
        r"(?:the\s+|your\s+|an?\s+)?(?P<agent>.+)",
        _hand_over,
    ),
    (r"(?:let me\s+)?(?:talk|speak)\s+(?:to|with)\s+(?:the\s+|your\s+|an?\s+)?(?P<agent>.+)", _hand_over),
    (
        r"(?:i(?:'m|’m| am|'ve|’ve| have)?\s+)?"
        r"(?:completed?|finish(?:ed)?|check off|tick off|done with|finished with)\s+(?P<task>.+)",
        _on("complete_task"),
    ),
    (r"(?!what\b|which\b|who\b|when\b|how\b)(?P<task>.+?)\s+is\s+(?:done|finished|completed?)", _on("complete_task")),
    (
        r"(?:which|what)(?:\s+(?:one|task))?\s+(?:is|have i|did i)\s+select(?:ed)?"
        r"|(?:show|open|tell me about)\s+the\s+selected\s+(?:one|task)",
        _selected,
    ),
    (r"(?:add|create|make)\s+(?:me\s+)?(?:an?|another)\s+(?:new\s+)?(?:task|to-?do)", _ask),
    (
        r"(?:delete|remove|clear)\s+(?:all|everything)(?:\s+(?:of\s+)?(?:my|the))?"
        r"(?:\s+(?:open|pending|completed|done|finished))?(?:\s+(?:tasks|to-?dos))?",
        _delete_all,
    ),
    (r"(?:delete|remove|drop)\s+(?:the\s+)?tasks\s+(?P<tasks>.+?\s*(?:,|\band\b)\s*.+)", _delete_several),
    (r"(?:delete|remove|drop|get rid of)\s+(?P<task>.+)", _on("delete_task")),
    (
        r"(?:tell me (?:more )?about|details (?:of|on)|describe|look up|open)\s+(?!you\b|yourself\b)(?P<task>.+)",
        _on("get_task"),
    ),
    (
        rf"(?:add|create|make|new|note)\s+(?:me\s+)?{_ARTICLE}(?:{_LEVEL}[\s-]priority\s+)?(?:task|to-?do)\b"
        r"(?:\s+for me\b)?(?:\s+(?:called|named|titled|to)\b)?\s*:?\s*(?P<title>.+)",
        _add,
    ),
    (r"(?:task|to-?do):\s*(?P<title>.+)", _add),
    (
        rf"(?:add|remind me to|i (?:need|have) to|remember to)\s+(?!{_ARTICLE}(?:task|to-?do)s?$)(?P<title>.+)",
        _add,
    ),
)
