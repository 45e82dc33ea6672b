"""Approval log: the decisions of users on tool calls that need approval, stored with the thread."""

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec

from app.domain.identity import RequestContext
from app.ports.turn_log import TurnRecord

DecisionScope = Literal["once", "thread"]

Verdict = Literal["approved", "rejected", "unanswered"]
"""`unanswered` is a question that ended without an answer: the call was not made."""


class ApprovedTool(NamedTuple):
    """A tool of one agent, as a decision for the whole thread names it."""

    agent: str
    tool: str


class ApprovalDecision(msgspec.Struct, frozen=True, kw_only=True):
    """A decision on one tool call; it never changes.

    `question_id` is the form that the user answered, and `number` the call's place in it. `arguments` is JSON text, as
    the user approved it; `edited` when the user changed it. A `remembered` decision follows from an earlier one of
    scope `thread`, and the user was not asked.
    """

    thread_id: str
    question_id: str
    number: int
    call_id: str
    agent: str
    tool: str
    arguments: str
    verdict: Verdict
    user_id: str
    decided_at: dt.datetime
    scope: DecisionScope = "once"
    reason: str = ""
    edited: bool = False
    remembered: bool = False


class ApprovalLog(ABC):
    """Approval log: decisions on tool calls, scoped to the caller like the thread itself.

    Decisions are deleted with their thread, and outlive its items. The contract is `tests/contracts/test_approvals.py`.
    """

    @abstractmethod
    async def take_up(
        self, decisions: Sequence[ApprovalDecision], record: TurnRecord | None, context: RequestContext
    ) -> None:
        """Store decisions of one thread, and the turn record that follows from them: all of it, or nothing.

        Each decision is taken up once: raises `AlreadyDecidedError` when one is stored already, or when its question
        was deleted. Remembered decisions have no question. Raises `chatkit.store.NotFoundError` when the thread is not
        the caller's.
        """

    @abstractmethod
    async def approved_for_thread(self, thread_id: str, context: RequestContext) -> frozenset[ApprovedTool]:
        """Return the tools that the caller approved for the whole thread; none for another user's thread."""

    @abstractmethod
    async def load(self, thread_id: str, context: RequestContext) -> Sequence[ApprovalDecision]:
        """Return all decisions of the thread, oldest first; none for another user's thread."""
