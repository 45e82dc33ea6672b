"""What must hold before a request is begun.

ChatKit finds these things out when a stream is open or something is stored already, or crashes on them; a client
takes a 5xx or a broken stream for a reason to send the same again.
"""

from chatkit.types import (
    AttachmentsCreateReq,
    AttachmentsDeleteReq,
    ChatKitReq,
    InputTranscribeReq,
    StructuredInputItem,
    ThreadsAddClientToolOutputReq,
    ThreadsAddStructuredInputReq,
    ThreadsAddUserMessageReq,
    ThreadsCreateReq,
    ThreadsRetryAfterItemReq,
    ThreadsSyncCustomActionReq,
    UserMessageItem,
    WidgetItem,
)

from app.application.conversation import Conversation
from app.domain.errors import InvalidInputError, NotEnabledError
from app.domain.identity import RequestContext
from app.ports.thread_store import ThreadStore

ANSWERED = (
    ThreadsCreateReq,
    ThreadsAddUserMessageReq,
    ThreadsRetryAfterItemReq,
    ThreadsAddClientToolOutputReq,
    ThreadsAddStructuredInputReq,
)
"""What a model answers, and somebody pays for."""


async def check(request: ChatKitReq, store: ThreadStore, conversation: Conversation, context: RequestContext) -> None:
    """Raises `InvalidInputError`, `LimitError`, `NotEnabledError` or `NotFoundError` when the request cannot be carried
    out."""
    if isinstance(request, ANSWERED):
        await conversation.admit(context)
    await _check(request, store, conversation, context)


async def _check(request: ChatKitReq, store: ThreadStore, conversation: Conversation, context: RequestContext) -> None:
    match request:
        case ThreadsCreateReq():
            conversation.check(request.params.input)
            # ChatKit stores the thread before it looks for the attachments.
            for attachment_id in request.params.input.attachments:
                await store.load_attachment(attachment_id, context)
        case ThreadsAddUserMessageReq():
            conversation.check(request.params.input)
        case ThreadsRetryAfterItemReq():
            await _user_message(request, store, context)
        case ThreadsAddClientToolOutputReq():
            await _pending_tool_call(request, store, context)
        case ThreadsAddStructuredInputReq():
            await _pending_question(request, store, context)
        case ThreadsSyncCustomActionReq():
            await _widget(request, store, context)
        case AttachmentsCreateReq() | AttachmentsDeleteReq():
            raise NotEnabledError("Attachments are not enabled on this server.")
        case InputTranscribeReq():
            raise NotEnabledError("Dictation is not enabled on this server.")
        case _:
            pass


async def _user_message(request: ThreadsRetryAfterItemReq, store: ThreadStore, context: RequestContext) -> None:
    item = await store.load_item(request.params.thread_id, request.params.item_id, context)
    if not isinstance(item, UserMessageItem):
        raise InvalidInputError("Only a message of the user can be answered again.")


async def _pending_tool_call(
    request: ThreadsAddClientToolOutputReq, store: ThreadStore, context: RequestContext
) -> None:
    page = await store.load_thread_items(request.params.thread_id, None, 1, "desc", context)
    if not any(item.type == "client_tool_call" and item.status == "pending" for item in page.data):
        raise InvalidInputError("No client tool call of this thread is waiting for a result.")


async def _pending_question(request: ThreadsAddStructuredInputReq, store: ThreadStore, context: RequestContext) -> None:
    item = await store.load_item(request.params.thread_id, request.params.item_id, context)
    if not isinstance(item, StructuredInputItem) or item.status != "pending":
        raise InvalidInputError("This item is not a question that waits for an answer.")


async def _widget(request: ThreadsSyncCustomActionReq, store: ThreadStore, context: RequestContext) -> None:
    if request.params.item_id:
        item = await store.load_item(request.params.thread_id, request.params.item_id, context)
        if not isinstance(item, WidgetItem):
            raise InvalidInputError("Only a widget can send this action.")
