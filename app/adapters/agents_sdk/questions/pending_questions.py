"""Pending questions: the question of a tool call to the user or the page that interrupts a run."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
from chatkit.store import StoreItemType
from chatkit.types import ClientToolCallItem, StructuredInput, StructuredInputItem, ThreadItem

from app.adapters.agents_sdk.nested.nesting import inside_tool
from app.domain.clock import clock
from app.domain.errors import InvalidInputError
from app.ports.agent_runner import Answered
from app.ports.turn_log import OpenCall

VALUES: Final = 20
VALUE_LENGTH: Final = 2_000

FIELDS: Final = 1_000
"""Limit of questions and options together in one form: ChatKit copies each of them several times."""


class WaitingForAnswerError(Exception):
    """Interrupts a tool call; the answer makes the call run again from its start."""


class Questions:
    """The question that a run may end with, and the answer that a resumed run starts with.

    A resumed call asks its question again and receives the answer if the question is the same. A question that has
    changed meanwhile goes to the user again.
    """

    def __init__(self, thread_id: str, new_id: Callable[[StoreItemType], str]) -> None:
        self.open_call: OpenCall | None = None
        self.item: ThreadItem | None = None
        self._thread_id = thread_id
        self._new_id = new_id
        self._answered: Answered | None = None

    def set_answer(self, answered: Answered) -> None:
        """Store the answer for the call that asked."""
        self._answered = answered

    def ask(self, call_id: str, inputs: Sequence[StructuredInput]) -> list[list[str]]:
        """Return the answers, or interrupt the call. See `Stage.ask`.

        Raises `InvalidInputError`, with a text for the model, for more than `FIELDS` questions and options.
        """
        if sum(1 + len(getattr(asked, "options", ())) for asked in inputs) > FIELDS:
            raise InvalidInputError(f"A form has at most {FIELDS} questions and options: ask less at once.")
        match self._answer(call_id):
            case StructuredInputItem(inputs=asked) if list(map(_question, asked)) == list(map(_question, inputs)):
                return [_values(question) for question in asked]
        raise self._interruption(call_id, self._form(inputs))

    def ask_approval(self, inputs: Sequence[StructuredInput]) -> str:
        """Add the form that ends the run, and return its id; empty while a tool's own question goes first."""
        if self.item is not None:
            return ""
        self.item = self._form(inputs)
        return self.item.id

    def asked_by(self, agent: str) -> None:
        """Record the agent whose tool asks: the resumed run goes on with it."""
        if self.open_call is not None:
            self.open_call = msgspec.structs.replace(self.open_call, agent=agent)

    def was_asked(self, call_id: str) -> bool:
        """True if this call resumes with a form that the user has answered. See `Stage.was_asked`."""
        return isinstance(self._answer(call_id), StructuredInputItem)

    def call_page(self, call_id: str, name: str, arguments: Mapping[str, Any]) -> Any:
        """Return the page's answer, or interrupt the call. See `Stage.call_page`."""
        match self._answer(call_id):
            case ClientToolCallItem(name=called) as answer if called == name:
                return answer.output
        item = ClientToolCallItem(
            id=self._new_id("tool_call"),
            thread_id=self._thread_id,
            created_at=clock.now(),
            call_id=call_id,
            name=name,
            arguments=dict(arguments),
        )
        raise self._interruption(call_id, item)

    def _form(self, inputs: Sequence[StructuredInput]) -> StructuredInputItem:
        return StructuredInputItem(
            id=self._new_id("message"),
            thread_id=self._thread_id,
            created_at=clock.now(),
            inputs=list(inputs),
        )

    def _answer(self, call_id: str) -> ThreadItem | None:
        answered = self._answered
        return answered.item if answered is not None and answered.call.call_id == call_id else None

    def _interruption(self, call_id: str, item: ThreadItem) -> Exception:
        if inside_tool.get():
            return InvalidInputError("An agent inside a tool cannot ask the user: answer with what is missing.")
        if self.item is not None:
            return InvalidInputError("Something else is being asked just now. Ask this when there is an answer.")
        self.item = item
        self.open_call = OpenCall(call_id=call_id, item_id=item.id)
        return WaitingForAnswerError()


def _question(asked: StructuredInput) -> StructuredInput:
    return asked.model_copy(update={"answer": None})


def _values(asked: StructuredInput) -> list[str]:
    if asked.answer is None or asked.answer.skipped:
        return []
    return [value[:VALUE_LENGTH] for value in asked.answer.values[:VALUES]]
