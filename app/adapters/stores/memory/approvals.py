"""Approval log in dictionaries."""

import copy
from collections.abc import Sequence
from contextlib import suppress

from chatkit.store import NotFoundError

from app.adapters.stores.memory.threads import MemoryThreadStore
from app.domain.errors import AlreadyDecidedError
from app.domain.identity import RequestContext
from app.domain.language import _
from app.ports.approval_log import ApprovalDecision, ApprovalLog, ApprovedTool
from app.ports.turn_log import TurnRecord


class MemoryApprovalLog(ApprovalLog):
    """`ApprovalLog` on the threads of a `MemoryThreadStore`."""

    def __init__(self, threads: MemoryThreadStore) -> None:
        self._threads = threads

    async def take_up(
        self, decisions: Sequence[ApprovalDecision], record: TurnRecord | None, context: RequestContext
    ) -> None:
        for decision in decisions:
            thread = self._threads.owned(decision.thread_id, context)
            is_gone = not decision.remembered and decision.question_id not in thread.items.values
            if is_gone or (decision.question_id, decision.number) in thread.approvals:
                raise AlreadyDecidedError(_("This question has an answer already."))
        for decision in decisions:
            thread = self._threads.owned(decision.thread_id, context)
            thread.approvals[decision.question_id, decision.number] = decision
        if record is not None:
            self._threads.owned(record.thread_id, context).turns[record.after_item_id] = copy.deepcopy(record)

    async def approved_for_thread(self, thread_id: str, context: RequestContext) -> frozenset[ApprovedTool]:
        return frozenset(
            ApprovedTool(decision.agent, decision.tool)
            for decision in await self.load(thread_id, context)
            if decision.scope == "thread" and decision.verdict == "approved"
        )

    async def load(self, thread_id: str, context: RequestContext) -> Sequence[ApprovalDecision]:
        with suppress(NotFoundError):
            decisions = self._threads.owned(thread_id, context).approvals.values()
            return sorted(decisions, key=lambda each: (each.decided_at, each.question_id, each.number))
        return []
