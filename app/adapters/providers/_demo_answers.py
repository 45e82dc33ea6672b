"""What the demo says: made of what the tools really returned, or honest small talk."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

COUNT_LIMIT: Final = 1000

_HELP: Final = """\
I keep your tasks. Try one of these:

- “Add a task: buy milk, high priority”
- “Show me my tasks”
- “Complete buy milk”, “Reopen buy milk”
- “Rename buy milk to buy oat milk”
- “Buy oat milk is due tomorrow”
- “Delete buy oat milk”

To see an answer stream for a while, say “count to 200” or “tell me a story”."""

_DEMO: Final = """\
I am the demo: I have no language model, only a few sentences about tasks, so I cannot answer that. \
Ask “What can you help me with?” to see what I understand. \
For a real model set GEMINI_API_KEY, OPENAI_API_KEY or LITELLM_MODEL and restart the server."""

_STORY: Final = """\
There was once a list that nobody wrote on. Every morning it lay on the table, white and patient, and every evening \
it was still white. “I am of no use,” said the list. One day a child came and wrote a single line: find the cat. \
The whole house went looking, under the beds, behind the stove, up in the plum tree. They found a lost glove, \
a letter from a grandmother, eleven marbles and a key that fitted nothing. Late in the afternoon the cat came in \
by itself, and looked at them all as if they had been late. The child took the pencil and drew a line through the \
line. “Now it is done,” said the child. And the list, which was not white any more, lay on the table all night and \
did not sleep for happiness, because in the morning somebody might think of something else."""


def small_talk(text: str) -> str:
    """An answer to a sentence that asks for no tool."""
    sentence = text.strip().lower().rstrip(".!? ")
    if match := re.search(r"\bcount (?:up )?to (\d{1,6})\b", sentence):
        return " ".join(str(number) for number in range(1, min(int(match[1]), COUNT_LIMIT) + 1))
    for pattern, answer in _SMALL_TALK:
        if re.search(pattern, sentence):
            return answer
    return _DEMO


def tool_talk(outputs: Sequence[str]) -> str:
    """What happened, told from the tools' results."""
    return "\n".join(_told(output) for output in outputs)


def spoken_of(output: str) -> str | None:
    """The id of the one task that a tool's result is about."""
    match _parsed(output):
        case {"tasks": [{"id": str(task_id)}]}:
            return task_id
        case {**events} if len(events) == 1 and isinstance(task := next(iter(events.values())), dict):
            found = task.get("id")
            return found if isinstance(found, str) else None
    return None


def _told(output: str) -> str:
    for event, facts in _parsed(output).items():
        if event in _EVENTS and isinstance(facts, dict):
            return _EVENTS[event](facts)
        if event == "shown":
            return f"Here are your tasks: {facts}." if facts else "There is nothing on your list."
    return output.removeprefix("This was not done. ")


def _parsed(output: str) -> Mapping[str, Any]:
    try:
        return msgspec.json.decode(output, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeEncodeError):
        return {}


def _described(facts: Mapping[str, Any]) -> str:
    due = f", due {facts['due']}" if "due" in facts else ""
    return f"“{facts.get('title')}” with {facts.get('priority')} priority{due}"


def _looked_up(facts: Mapping[str, Any]) -> str:
    details = f" {facts['description']}" if facts.get("description") else ""
    return f"{_described(facts)} is {facts.get('status')}.{details}"


_EVENTS: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "created": lambda facts: f"I added {_described(facts)}.",
    "found": _looked_up,
    "updated": lambda facts: f"Changed. It is now {_described(facts)}.",
    "completed": lambda facts: f"Done: “{facts.get('title')}” is completed.",
    "reopened": lambda facts: f"“{facts.get('title')}” is open again.",
    "deleted": lambda facts: f"I deleted “{facts.get('title')}”.",
}

_SMALL_TALK: Final = (
    (r"\bwhat can you\b|\bhelp\b|\bhow do(?:es)? (?:this|it|i)\b|\bwhat do you do\b", _HELP),
    (r"\bstory\b", _STORY),
    (r"^(?:hi|hello|hey|good (?:morning|afternoon|evening)|who are you)\b", f"Hello! {_HELP}"),
    (r"\bthank|\bthanks\b|\bgreat\b|\bwell done\b", "You are welcome!"),
    (r"\bbye\b|\bsee you\b", "Goodbye!"),
)
