"""What must hold before a request is begun.

ChatKit finds these things out when a stream is open or something is stored already, or crashes on them; a client
takes a 5xx or a broken stream for a reason to send the same again.
"""

import datetime as dt

from chatkit.types import (
    ChatKitReq,
    InputTranscribeReq,
    StructuredInputItem,
    ThreadCustomActionParams,
    ThreadsAddClientToolOutputReq,
    ThreadsAddStructuredInputReq,
    ThreadsAddUserMessageReq,
    ThreadsCreateReq,
    ThreadsCustomActionReq,
    ThreadsRetryAfterItemReq,
    ThreadsSyncCustomActionReq,
    WidgetItem,
)

from app.application.actions import WidgetActions
from app.application.attachments import Attachments
from app.application.conversation import Conversation
from app.domain.errors import InvalidInputError
from app.domain.identity import RequestContext
from app.domain.language import _
from app.entrypoints.chatkit import lookups
from app.ports.thread_store import ThreadStore

ANSWERED = (
    ThreadsCreateReq,
    ThreadsAddUserMessageReq,
    ThreadsRetryAfterItemReq,
    ThreadsAddClientToolOutputReq,
    ThreadsAddStructuredInputReq,
)
"""What a model answers, and somebody pays for."""


async def check(
    request: ChatKitReq,
    store: ThreadStore,
    conversation: Conversation,
    actions: WidgetActions,
    context: RequestContext,
    patience: dt.timedelta,
) -> None:
    """Raises `InvalidInputError`, `LimitError`, `NotEnabledError` or `NotFoundError` when the request cannot be carried
    out; a page has `patience` for the result of a client tool."""
    if isinstance(request, ANSWERED):
        await conversation.admit(context)
    await _check(request, store, conversation, actions, context, patience)


async def check_files(request: ChatKitReq, attachments: Attachments, context: RequestContext) -> None:
    """Raises `InvalidInputError` or `NotFoundError` when a message comes with files that cannot be sent: ChatKit stores
    the thread before it looks for them."""
    match request:
        case ThreadsCreateReq(params=params):
            await attachments.check_message(params.input.attachments, context)
        case ThreadsAddUserMessageReq(params=params):
            await attachments.check_message(params.input.attachments, context, params.thread_id)
        case _:
            pass


async def _check(
    request: ChatKitReq,
    store: ThreadStore,
    conversation: Conversation,
    actions: WidgetActions,
    context: RequestContext,
    patience: dt.timedelta,
) -> None:
    match request:
        case ThreadsCreateReq():
            await conversation.check(request.params.input)
        case ThreadsAddUserMessageReq():
            await conversation.check(request.params.input)
        case ThreadsRetryAfterItemReq(params=params):
            confirmed = lookups.confirmed_removal(request.metadata)
            await lookups.retried(store, params.thread_id, params.item_id, confirmed, context)
        case ThreadsAddClientToolOutputReq():
            lookups.check_output(request.params.result)
            await lookups.open_client_call(store, request.params.thread_id, context, patience)
        case ThreadsAddStructuredInputReq():
            await _pending_question(request, store, context)
        case ThreadsCustomActionReq() | ThreadsSyncCustomActionReq():
            await _widget(request.params, store, context)
            actions.check(request.params.action)
        case InputTranscribeReq():
            lookups.check_base64(request.params.audio_base64)
        case _:
            pass


async def _pending_question(request: ThreadsAddStructuredInputReq, store: ThreadStore, context: RequestContext) -> None:
    item = await store.load_item(request.params.thread_id, request.params.item_id, context)
    if not isinstance(item, StructuredInputItem) or item.status != "pending":
        raise InvalidInputError(_("This item is not a question that waits for an answer."))


async def _widget(params: ThreadCustomActionParams, store: ThreadStore, context: RequestContext) -> None:
    if not params.item_id:
        await store.load_thread(params.thread_id, context)
        return
    item = await store.load_item(params.thread_id, params.item_id, context)
    if not isinstance(item, WidgetItem):
        raise InvalidInputError(_("Only a widget can send this action."))
