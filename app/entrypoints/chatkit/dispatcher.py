"""The dispatch of ChatKit's requests: each is read, admitted, and handed to the handler of its type."""

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from chatkit.types import (
    AttachmentsCreateReq,
    AttachmentsDeleteReq,
    ChatKitReq,
    InputTranscribeReq,
    ItemsFeedbackReq,
    ItemsListReq,
    ThreadsAddClientToolOutputReq,
    ThreadsAddStructuredInputReq,
    ThreadsAddUserMessageReq,
    ThreadsCreateReq,
    ThreadsCustomActionReq,
    ThreadsDeleteReq,
    ThreadsGetByIdReq,
    ThreadsListReq,
    ThreadsRetryAfterItemReq,
    ThreadsSyncCustomActionReq,
    ThreadsUpdateReq,
    is_streaming_req,
)
from pydantic import BaseModel, ValidationError

from app.aio.lazy_value import LazyValue
from app.application.attachments.cleanup import FileCleanup
from app.application.attachments.service import Attachments
from app.application.conversation.service import Conversation
from app.application.idempotency.key import idempotency_key
from app.application.tasks.widget_actions import WidgetActions
from app.application.turns.registry import TurnRegistry
from app.chatkit_json.type_adapters import type_adapter
from app.chatkit_json.validators import build
from app.domain.identity import RequestContext
from app.entrypoints.chatkit.errors import malformed
from app.entrypoints.chatkit.event_fold import EventFold
from app.entrypoints.chatkit.handlers.actions import ActionHandler
from app.entrypoints.chatkit.handlers.attachments import AttachmentHandler
from app.entrypoints.chatkit.handlers.client_tools import ClientToolHandler
from app.entrypoints.chatkit.handlers.items import ItemHandler
from app.entrypoints.chatkit.handlers.messages import MessageHandler
from app.entrypoints.chatkit.handlers.retries import RetryHandler
from app.entrypoints.chatkit.handlers.structured_inputs import StructuredInputHandler
from app.entrypoints.chatkit.handlers.threads import ThreadHandler
from app.entrypoints.chatkit.handlers.transcription import TranscriptionHandler
from app.entrypoints.chatkit.opening import Opening
from app.entrypoints.chatkit.presentation import ResponseSerializer
from app.entrypoints.chatkit.request import ChatKitRequest
from app.entrypoints.chatkit.text_limits import check_texts
from app.entrypoints.chatkit.turn_placement import StreamedAnswer, placement_of
from app.entrypoints.chatkit.value_limits import check_json
from app.ports.thread_store import ThreadStore
from app.ports.transcriber import Transcriber
from app.settings import ChatKitSettings

Streaming = Mapping[type[BaseModel], Callable[[Any, RequestContext], Awaitable[Opening]]]
Single = Mapping[type[BaseModel], Callable[[Any, RequestContext], Awaitable[BaseModel | None]]]


class ChatKitDispatcher:
    """Answers ChatKit's requests on its public types and `Store`; `Conversation` knows what a model needs."""

    def __init__(
        self,
        store: ThreadStore,
        conversation: Conversation,
        actions: WidgetActions,
        attachments: Attachments,
        cleanup: FileCleanup,
        transcriber: Transcriber,
        turns: TurnRegistry,
        settings: ChatKitSettings,
    ) -> None:
        patience = dt.timedelta(seconds=settings.client_tool_timeout_seconds)
        self._store = store
        self._conversation = conversation
        self._turns = turns
        self._serialization = ResponseSerializer(attachments, patience)
        self._models = LazyValue(build)
        messages = MessageHandler(store, conversation, attachments)
        clicks = ActionHandler(store, actions)
        threads, items = ThreadHandler(store, turns, cleanup), ItemHandler(store, turns)
        files = AttachmentHandler(store, attachments, cleanup)
        self.streaming: Final[Streaming] = {
            ThreadsCreateReq: messages.create,
            ThreadsAddUserMessageReq: messages.add,
            ThreadsAddClientToolOutputReq: ClientToolHandler(store, conversation, patience).add_output,
            ThreadsAddStructuredInputReq: StructuredInputHandler(store, conversation).add,
            ThreadsRetryAfterItemReq: RetryHandler(store, conversation).retry,
            ThreadsCustomActionReq: clicks.stream,
        }
        """The handlers whose answer is a stream of events."""
        self.single: Final[Single] = {
            ThreadsSyncCustomActionReq: clicks.sync,
            ThreadsGetByIdReq: threads.get,
            ThreadsListReq: threads.list,
            ThreadsUpdateReq: threads.update,
            ThreadsDeleteReq: threads.delete,
            ItemsListReq: items.list,
            ItemsFeedbackReq: items.feedback,
            AttachmentsCreateReq: files.create,
            AttachmentsDeleteReq: files.delete,
            InputTranscribeReq: TranscriptionHandler(transcriber).transcribe,
        }
        """The handlers whose answer is one object; None is `{}`."""

    async def ready(self) -> None:
        """Wait until requests can be read without holding up everybody else. Safe to repeat."""
        await self._models.get()

    async def receive(self, body: bytes, caller: RequestContext, client: str | None = None) -> ChatKitRequest:
        """Read one request; `client` is the instance of a front end that repeats itself. Raises what `read` does."""
        await self.ready()
        key = idempotency_key(caller, client, body) if client else None
        return ChatKitRequest(self.read(body), caller, key, answer=self.answer, turns=self._turns)

    def read(self, body: bytes) -> ChatKitReq:
        """A body as a request. Raises `InvalidInputError` for one that is none of ChatKit's, or holds too much: of
        values, of levels, or of text."""
        check_json(body)
        try:
            parsed: ChatKitReq = type_adapter(ChatKitReq).validate_json(body)
        except ValidationError as error:
            # Said here: anywhere else it is something of ours that is not valid, and none of the caller's business.
            raise malformed(error) from error
        check_texts(type(parsed), parsed)
        return parsed

    async def answer(self, request: ChatKitReq, context: RequestContext) -> StreamedAnswer | bytes:
        """Answer one request with a stream or a JSON object.

        Raises `InvalidInputError`, `LimitError`, `NotEnabledError` or `NotFoundError` when it cannot be carried out,
        before a stream is open or anything is stored: a client takes a 5xx or a broken stream for a reason to send the
        same again.
        """
        if not is_streaming_req(request):
            answer = await self.single[type(request)](request, context.as_client())
            return await self._serialization.answer(answer, context)
        placement = placement_of(request, context)
        if placement is not None:  # A model answers it, and somebody pays for that.
            await self._conversation.admit(context)
        opening = await self.streaming[type(request)](request, context)
        fold = EventFold(self._store, context, lambda event: self._serialization.frame(event, context))
        return StreamedAnswer(fold.frames(opening), placement)
