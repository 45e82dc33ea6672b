"""`threads.retry_after_item`: answer a message of the user again."""

from chatkit.types import ThreadItemRemovedEvent, ThreadsRetryAfterItemReq

from app.application.conversation.service import Conversation
from app.domain.identity import RequestContext
from app.entrypoints.chatkit.opening import Cancellable, Opening, answer_of, was_queued
from app.entrypoints.chatkit.queries import RetryPlan, confirmed_removal, plan_retry
from app.ports.thread_store import ThreadStore


class RetryHandler:
    """Deletes the items behind a message and streams a new answer."""

    def __init__(self, store: ThreadStore, conversation: Conversation) -> None:
        self._store = store
        self._conversation = conversation

    async def retry(self, request: ThreadsRetryAfterItemReq, context: RequestContext) -> Opening:
        """Answer again. Raises `NotFoundError`, `InvalidInputError` without a message of the user, and
        `RemovalNotConfirmedError` when later messages would be deleted without the client's confirmation."""
        return self._opening(await self._plan(request, context), request, context)

    async def _opening(self, plan: RetryPlan, request: ThreadsRetryAfterItemReq, context: RequestContext) -> Opening:
        thread_id = plan.message.thread_id
        if was_queued():
            plan = await self._plan(request, context)
        await self._conversation.forget_answer(plan.message, plan.answer_ids, context)
        yield Cancellable(thread_id)
        for removed in plan.removed_ids:
            await self._store.delete_thread_item(thread_id, removed, context)
            yield ThreadItemRemovedEvent(item_id=removed)
        yield answer_of(self._conversation, await self._conversation.load_context(thread_id, context), context)

    async def _plan(self, request: ThreadsRetryAfterItemReq, context: RequestContext) -> RetryPlan:
        params = request.params
        return await plan_retry(
            self._store, params.thread_id, params.item_id, confirmed_removal(request.metadata), context
        )
