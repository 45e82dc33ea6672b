"""`threads.retry_after_item`: a message of the user is answered again."""

from chatkit.types import ThreadItemRemovedEvent, ThreadsRetryAfterItemReq

from app.application.conversation.service import Conversation
from app.domain.identity import RequestContext
from app.entrypoints.chatkit.opening import Cancellable, Opening, answer_of, was_queued
from app.entrypoints.chatkit.queries import Retry, confirmed_removal, retried
from app.ports.thread_store import ThreadStore


class RetryHandler:
    """Removes what stands behind a message and streams another answer."""

    def __init__(self, store: ThreadStore, conversation: Conversation) -> None:
        self._store = store
        self._conversation = conversation

    async def retry(self, request: ThreadsRetryAfterItemReq, context: RequestContext) -> Opening:
        """Answer again. Raises `NotFoundError`, `InvalidInputError` when no message of the user is there, and
        `RemovalNotConfirmedError` when later messages would go and the client has not agreed to that."""
        return self._answered_again(await self._retried(request, context), request, context)

    async def _answered_again(
        self, retry: Retry, request: ThreadsRetryAfterItemReq, context: RequestContext
    ) -> Opening:
        thread_id = retry.message.thread_id
        if was_queued():
            retry = await self._retried(request, context)
        await self._conversation.forget_answer(retry.message, retry.answer, context)
        yield Cancellable(thread_id)
        for removed in retry.gone:
            await self._store.delete_thread_item(thread_id, removed, context)
            yield ThreadItemRemovedEvent(item_id=removed)
        yield answer_of(self._conversation, await self._conversation.load_context(thread_id, context), context)

    async def _retried(self, request: ThreadsRetryAfterItemReq, context: RequestContext) -> Retry:
        params = request.params
        return await retried(
            self._store, params.thread_id, params.item_id, confirmed_removal(request.metadata), context
        )
