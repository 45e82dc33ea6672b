"""Replies of the demo: descriptions of tool results, or small talk."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

import msgspec

from app.adapters.providers.demo.intents import HAND_OVER, LONGEST

COUNT_LIMIT: Final = 1000

WHICH: Final = "Which task do you mean? Name it by its title."

NOT_ADDED: Final = "Then I add nothing."

DONE_ALREADY: Final = "An earlier try of this has changed your tasks already, so I do not do it again."

CHANGING: Final = frozenset(
    {"create_task", "update_task", "complete_task", "reopen_task", "delete_task", "delete_tasks"}
    | {"complete_all_tasks"}
)

_NOTHING_LEFT: Final = "There is no open task."

_LEFT_ALONE: Final = "Then I leave everything as it is."

# How the results of calls begin that the user did not approve.
_NOT_ALLOWED: Final = ("This was not done: the user did not allow it", "This was not done: the user did not answer")

_WHO: Final = "I am the demo: I have no language model, only a few sentences about tasks."
_REAL_MODEL: Final = "For a real model set GEMINI_API_KEY, OPENAI_API_KEY or LITELLM_MODEL and restart the server."
_LONG_ANSWERS: Final = "To see an answer stream for a while, say “count to 200” or “tell me a story”."
_UNKNOWN: Final = f"{_WHO} So I cannot answer that. Ask “What can you help me with?” to see what I understand."

_OFFERS: Final = {
    "create_task": "“Add a task: buy milk, high priority”",
    "list_tasks": "“Show me my tasks”",
    "complete_task": "“Complete buy milk”",
    "reopen_task": "“Reopen buy milk”",
    "update_task": "“Rename buy milk to buy oat milk”, “Buy oat milk is due tomorrow”",
    "get_task": "“Tell me about buy oat milk”",
    "delete_task": "“Delete buy oat milk”",
    "delete_tasks": "“Delete all completed tasks”",
    "ask_user": "“Add a task”, and I ask for the rest",
    "complete_all_tasks": "“Complete all my tasks”, which waits for your approval",
    HAND_OVER: "“Hand me over to the coach”, another agent",
}

_STORY: Final = """\
There was once a list that nobody wrote on. Every morning it lay on the table, white and patient, and every evening \
it was still white. “I am of no use,” said the list. One day a child came and wrote a single line: find the cat. \
The whole house went looking, under the beds, behind the stove, up in the plum tree. They found a lost glove, \
a letter from a grandmother, eleven marbles and a key that fitted nothing. Late in the afternoon the cat came in \
by itself, and looked at them all as if they had been late. The child took the pencil and drew a line through the \
line. “Now it is done,” said the child. And the list, which was not white any more, lay on the table all night and \
did not sleep for happiness, because in the morning somebody might think of something else."""


def small_talk(text: str, tools: Collection[str]) -> str:
    """Reply to a sentence that needs no tool; it offers only `tools`."""
    sentence = " ".join(text[:LONGEST].lower().split()).rstrip(".!? ")
    if match := re.search(r"\bcount\b.*?\bto (\d{1,6})\b", sentence):
        return _counted(int(match[1]))
    for pattern, answer in _SMALL_TALK:
        if re.search(pattern, sentence):
            return answer.format(help=_help(tools))
    return f"{_UNKNOWN} {_REAL_MODEL}"


def missing_tool(tool: str) -> str:
    """Reply to a sentence whose tool is not available."""
    return f"For that I would need the tool {tool}, and I was not given it."


def no_agent(name: str, agents: Collection[str]) -> str:
    """Reply to a sentence that names no agent to hand over to."""
    known = ", ".join(sorted(agents))
    return f"I cannot hand you over to “{name}”. " + (f"There is: {known}." if known else "I am alone here.")


def introduction(agent: str) -> str:
    """First words of an agent that a conversation was handed over to."""
    return f"{agent} here. How can I help you?"


def new_agent(outputs: Sequence[str]) -> str:
    """Name of the agent that a handoff led to, or an empty string for results of other tools."""
    match _parsed(outputs[-1]):
        case {"assistant": str(name)}:
            return name
    return ""


def describe_results(outputs: Sequence[str]) -> str:
    """Describe the results of tool calls."""
    return "\n\n".join(_describe(output) for output in outputs)


def task_of_result(output: str) -> str | None:
    """Task id in a tool's result; empty when that task was deleted, None when the result has no single task."""
    match _parsed(output):
        case {"deleted": {"id": str()}}:
            return ""
        case {"tasks": [{"id": str(task_id)}]}:
            return task_id
        case {**events} if len(events) == 1 and isinstance(task := next(iter(events.values())), dict):
            found = task.get("id")
            return found if isinstance(found, str) else None
    return None


def form_answers(outputs: Sequence[str]) -> Sequence[str] | None:
    """Answers to the form for a new task: title, then priority; each empty when skipped."""
    match _parsed(outputs[-1]):
        case {"answers": [{"answer": title}, {"answer": priority}]}:
            return [answer[0] if isinstance(answer, list) else "" for answer in (title, priority)]
    return None


def _help(tools: Collection[str]) -> str:
    offers = [f"- {offer}" for tool, offer in _OFFERS.items() if tool in tools]
    if not offers:
        return f"I was given no tools, so all I can do is talk. {_LONG_ANSWERS}"
    return "\n".join(["I keep your tasks. Try one of these:", "", *offers, "", _LONG_ANSWERS])


def _counted(end: int) -> str:
    numbers = " ".join(map(str, range(1, min(end, COUNT_LIMIT) + 1)))
    if end > COUNT_LIMIT:
        return f"{numbers} … and here I stop: {COUNT_LIMIT} is as far as I count."
    return numbers or "That was quick: there is nothing to count."


def _describe(output: str) -> str:
    for event, facts in _parsed(output).items():
        if event in _EVENTS and isinstance(facts, dict):
            return _EVENTS[event](facts)
        if event == "deleted_tasks":
            return _deleted(facts)
        if event == "completed_tasks":
            return _completed(facts)
        if event == "next_task":
            return _NOTHING_LEFT if facts is None else f"The coach says: begin with {_described(facts)}."
        if event == "shown":
            return _listed(facts)
    if output.startswith(_NOT_ALLOWED):
        return _LEFT_ALONE
    return output.removeprefix("This was not done. ") or "The tool said nothing."


def _parsed(output: str) -> Mapping[str, Any]:
    try:
        return msgspec.json.decode(output, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return {}


def _listed(count: object) -> str:
    match count:
        case 0:
            return "There is nothing on this list."
        case 1:
            return "Here it is: there is one task."
    return f"Here they are: {count} tasks."


def _deleted(titles: Sequence[str]) -> str:
    if len(titles) == 1:
        return f"I deleted “{titles[0]}”."
    return f"I deleted {len(titles)} tasks."


def _completed(titles: Sequence[str]) -> str:
    if not titles:
        return _NOTHING_LEFT
    return f"Done: {len(titles)} {'task is' if len(titles) == 1 else 'tasks are'} completed."


def _described(facts: Mapping[str, Any]) -> str:
    due = f", due {facts['due']}" if facts.get("due") else ""
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
    (r"\bstory\b", _STORY),
    (r"\b(?:who|what) are you\b|\byourself\b|^are you\b|\babout you$", f"{_WHO} {_REAL_MODEL}"),
    (r"\bwhat can (?:you|i)\b|\bhelp\b|\bhow do(?:es)? (?:this|it|i|you)\b|\bwhat do you do\b", "{help}"),
    (r"^(?:add|create|make|new)\b.*\b(?:task|to-?do)s?$", "{help}"),
    (r"^(?:hi|hello|hey|good (?:morning|afternoon|evening))\b", "Hello! {help}"),
    (r"\bthank(?:s| you)\b|\bthx\b|^(?:great|perfect|nice|cool|well done)$", "You are welcome!"),
    (r"\bbye\b|\bsee you\b", "Goodbye!"),
)
