"""`threads.add_structured_input`: the answers of a form, or that it was skipped."""

from chatkit.types import (
    StructuredInputItem,
    StructuredInputSubmission,
    ThreadItemReplacedEvent,
    ThreadsAddStructuredInputReq,
)

from app.application.conversation.questions import with_answers
from app.application.conversation.service import Conversation
from app.domain.errors import AlreadyDecidedError
from app.domain.identity import RequestContext
from app.domain.language import _
from app.entrypoints.chatkit.opening import Cancellable, Opening, answer_of
from app.entrypoints.chatkit.queries import form_item
from app.ports.thread_store import ThreadStore


class StructuredInputHandler:
    """Stores the answers of a form and continues the answer.

    Of several answers the first counts. One whose turn broke off before anything was done is taken up by a repetition.
    """

    def __init__(self, store: ThreadStore, conversation: Conversation) -> None:
        self._store = store
        self._conversation = conversation

    async def add(self, request: ThreadsAddStructuredInputReq, context: RequestContext) -> Opening:
        """Fill in the form. Raises `NotFoundError`, `InvalidInputError` for an item that is no form, and
        `AlreadyDecidedError` for a form with an answer."""
        params = request.params
        form = await self._open_form(params.thread_id, params.item_id, context)
        return self._opening(form, params.input, context)

    async def _opening(
        self, form: StructuredInputItem, submission: StructuredInputSubmission, context: RequestContext
    ) -> Opening:
        thread_id = form.thread_id
        # Loaded again: another turn may have changed the form before this one was admitted.
        form = await self._open_form(thread_id, form.id, context)
        yield Cancellable(thread_id)
        if form.status == "pending":
            form = with_answers(form, submission)
            await self._store.save_item(thread_id, form, context)
        yield ThreadItemReplacedEvent(item=form)
        yield answer_of(self._conversation, await self._conversation.load_context(thread_id, context), context)

    async def _open_form(self, thread_id: str, item_id: str, context: RequestContext) -> StructuredInputItem:
        """The form, pending or with an answer that was not taken up. Raises what `add` does."""
        form = await form_item(self._store, thread_id, item_id, context)
        if form.status != "pending" and not await self._conversation.awaits_decision(form, context):
            raise AlreadyDecidedError(_("This question has an answer already."))
        return form
