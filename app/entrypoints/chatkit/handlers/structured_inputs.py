"""`threads.add_structured_input`: the answers of a form, or that it was skipped."""

from chatkit.types import (
    StructuredInputItem,
    StructuredInputSubmission,
    ThreadItemReplacedEvent,
    ThreadsAddStructuredInputReq,
)

from app.application.conversation.questions import with_answers
from app.application.conversation.service import Conversation
from app.domain.identity import RequestContext
from app.entrypoints.chatkit.opening import Cancellable, Opening, answer_of, was_queued
from app.entrypoints.chatkit.queries import pending_question
from app.ports.thread_store import ThreadStore


class StructuredInputHandler:
    """Stores the answers of a form and continues the answer."""

    def __init__(self, store: ThreadStore, conversation: Conversation) -> None:
        self._store = store
        self._conversation = conversation

    async def add(self, request: ThreadsAddStructuredInputReq, context: RequestContext) -> Opening:
        """Fill in the form. Raises `NotFoundError`, and `InvalidInputError` for an item that is no open form."""
        form = await pending_question(self._store, request.params.thread_id, request.params.item_id, context)
        return self._opening(form, request.params.input, context)

    async def _opening(
        self, form: StructuredInputItem, submission: StructuredInputSubmission, context: RequestContext
    ) -> Opening:
        thread_id = form.thread_id
        if was_queued():
            form = await pending_question(self._store, thread_id, form.id, context)
        answered = with_answers(form, submission)
        yield Cancellable(thread_id)
        await self._store.save_item(thread_id, answered, context)
        yield ThreadItemReplacedEvent(item=answered)
        yield answer_of(self._conversation, await self._conversation.load_context(thread_id, context), context)
