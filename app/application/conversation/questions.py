"""Open questions of a thread: forms for the user, and client tool calls for the page."""

import datetime as dt
from collections.abc import Mapping, Sequence

import msgspec
from chatkit.types import (
    ClientToolCallItem,
    StructuredInput,
    StructuredInputAnswer,
    StructuredInputItem,
    StructuredInputMultipleChoice,
    StructuredInputSubmission,
    ThreadItem,
    UserMessageItem,
)

from app.application.conversation import approvals
from app.ports.agent_runner import Answered, Decided
from app.ports.turn_log import OpenCall, TurnRecord

NO_ANSWER = {"error": "The page did not answer."}
"""The output of a client tool call without a result."""

_UNANSWERED = "The user did not answer this question, and wrote something else instead: it was not done."
_INTERRUPTED = (
    "This was answered, but then broken off. It is not known whether anything was done: look before you go on."
)


def is_open(item: ThreadItem) -> bool:
    """True for a form or a client tool call without an answer."""
    return isinstance(item, ClientToolCallItem | StructuredInputItem) and item.status == "pending"


def expired(item: ThreadItem, now: dt.datetime, lifetime: dt.timedelta) -> bool:
    """True for an open client tool call older than `lifetime`. Forms never expire."""
    return isinstance(item, ClientToolCallItem) and item.status == "pending" and item.created_at + lifetime < now


def give_up(item: ThreadItem) -> ThreadItem:
    """The item, closed without an answer if it was an open question."""
    match item:
        case ClientToolCallItem(status="pending"):
            return item.model_copy(update={"status": "completed", "output": NO_ANSWER})
        case StructuredInputItem(status="pending"):
            skipped = [
                question.model_copy(update={"answer": StructuredInputAnswer(skipped=True)}) for question in item.inputs
            ]
            return item.model_copy(update={"status": "skipped", "inputs": skipped})
    return item


def with_answers(form: StructuredInputItem, submission: StructuredInputSubmission) -> StructuredInputItem:
    """The form with the user's answers; a question without an answer is skipped, an unknown answer ignored."""
    inputs = [_with_answer(question, submission) for question in form.inputs]
    return form.model_copy(update={"status": submission.status, "inputs": inputs})


def _with_answer(question: StructuredInput, submission: StructuredInputSubmission) -> StructuredInput:
    given = submission.answers.get(question.id)
    if submission.status == "skipped" or given is None or given.skipped or not given.values:
        return question.model_copy(update={"answer": StructuredInputAnswer(skipped=True)})
    several = not isinstance(question, StructuredInputMultipleChoice) or question.multiple
    values = given.values if several else given.values[:1]
    return question.model_copy(update={"answer": StructuredInputAnswer(values=values)})


def resumable(items: Sequence[ThreadItem], turns: Mapping[str, TurnRecord]) -> Answered | Decided | None:
    """The open call, or the calls that wait for approval, to resume: they have an answer, and no message follows."""
    by_id = {item.id: item for item in items}
    for item in reversed(items):
        turn = turns.get(item.id)
        if turn is not None and turn.open_call is not None:
            answer = _answer_in(by_id.get(turn.open_call.item_id))
            return Answered(turn=turn, call=turn.open_call, item=answer) if answer else None
        if turn is not None and turn.approvals is not None:
            match _answer_in(by_id.get(turn.approvals.item_id)):
                case StructuredInputItem() as form:
                    return Decided(turn=turn, approvals=turn.approvals, item=form)
            return None
        if isinstance(item, UserMessageItem):
            return None
    return None


def close_calls(turn: TurnRecord, items: Mapping[str, ThreadItem]) -> TurnRecord:
    """The turn with a result for each open call, which is not resumed: models reject a call without a result."""
    turn = _close_call(turn, items)
    if turn.approvals is None:
        return turn
    match items.get(turn.approvals.item_id):
        case StructuredInputItem(status="answered"):
            return approvals.close(turn, approvals.NOT_TAKEN_UP)
    return approvals.close(turn, _UNANSWERED)


def _close_call(turn: TurnRecord, items: Mapping[str, ThreadItem]) -> TurnRecord:
    if turn.open_call is None:
        return turn
    match items.get(turn.open_call.item_id):
        case ClientToolCallItem(output=output) if output == NO_ANSWER:
            result = NO_ANSWER["error"]
        case ClientToolCallItem() | StructuredInputItem(status="answered"):
            result = _INTERRUPTED
        case _:
            result = _UNANSWERED
    return with_result(turn, turn.open_call, result)


def with_result(turn: TurnRecord, call: OpenCall, output: str) -> TurnRecord:
    """The turn with `output` as the result of its open call."""
    result = {"type": "function_call_output", "call_id": call.call_id, "output": output}
    return msgspec.structs.replace(turn, model_items=[*turn.model_items, result], open_call=None)


def _answer_in(item: ThreadItem | None) -> StructuredInputItem | ClientToolCallItem | None:
    match item:
        case StructuredInputItem(status="answered" | "skipped"):
            return item
        case ClientToolCallItem(status="completed", output=output) if output != NO_ANSWER:
            return item
    return None
