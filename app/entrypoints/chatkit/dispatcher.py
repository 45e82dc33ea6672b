"""The dispatcher of ChatKit's requests: parses, admits, and calls the handler of the request's type."""

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
from app.application.turns.registry import TurnRegistry
from app.chatkit_json.type_adapters import type_adapter
from app.chatkit_json.validators import build_validators
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
from app.ports.widget_actions import WidgetActions
from app.settings import ChatKitSettings

Streaming = Mapping[type[BaseModel], Callable[[Any, RequestContext], Awaitable[Opening]]]
Single = Mapping[type[BaseModel], Callable[[Any, RequestContext], Awaitable[BaseModel | None]]]


class ChatKitDispatcher:
    """Dispatches each of ChatKit's requests to its handler, on ChatKit's public types."""

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
        lifetime = dt.timedelta(seconds=settings.client_tool_timeout_seconds)
        self._store = store
        self._conversation = conversation
        self._turns = turns
        self._serializer = ResponseSerializer(attachments, lifetime)
        self._validators = LazyValue(build_validators)
        messages = MessageHandler(store, conversation, attachments)
        clicks = ActionHandler(store, actions)
        threads, items = ThreadHandler(store, turns, cleanup), ItemHandler(store, turns)
        files = AttachmentHandler(store, attachments, cleanup)
        self.streaming: Final[Streaming] = {
            ThreadsCreateReq: messages.create,
            ThreadsAddUserMessageReq: messages.add,
            ThreadsAddClientToolOutputReq: ClientToolHandler(store, conversation, lifetime).add_output,
            ThreadsAddStructuredInputReq: StructuredInputHandler(store, conversation).add,
            ThreadsRetryAfterItemReq: RetryHandler(store, conversation).retry,
            ThreadsCustomActionReq: clicks.stream,
        }
        """The handlers that answer by a stream of events."""
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
        """The handlers that answer by one JSON object; None becomes `{}`."""

    async def ready(self) -> None:
        """Build the validators of all requests in a thread, so that parsing never blocks the loop. Idempotent."""
        await self._validators.get()

    async def receive(self, body: bytes, caller: RequestContext, client: str | None = None) -> ChatKitRequest:
        """Parse a request; with `client`, the id of a front end, it gets an idempotency key. Raises as `read`."""
        await self.ready()
        key = idempotency_key(caller, client, body) if client else None
        parsed = self.read(body)
        caller = caller.with_metadata(parsed.metadata)
        return ChatKitRequest(parsed, caller, key, answer=self.answer, turns=self._turns)

    def read(self, body: bytes) -> ChatKitReq:
        """Parse a body. Raises `InvalidInputError` for an unknown or invalid request, and for one with too many values,
        levels or characters."""
        check_json(body)
        try:
            parsed: ChatKitReq = type_adapter(ChatKitReq).validate_json(body)
        except ValidationError as error:
            # Only here is the caller at fault; anywhere else an invalid object is a fault of this server.
            raise malformed(error) from error
        check_texts(type(parsed), parsed)
        return parsed

    async def answer(self, request: ChatKitReq, context: RequestContext) -> StreamedAnswer | bytes:
        """Answer a request by a stream or by a JSON object.

        Raises `InvalidInputError`, `LimitError`, `NotEnabledError` or `NotFoundError` before a stream is open and
        before anything is stored: clients retry after a 5xx or a broken stream.
        """
        if not is_streaming_req(request):
            answer = await self.single[type(request)](request, context.as_client())
            return await self._serializer.answer(answer, context)
        placement = placement_of(request, context)
        if placement is not None:  # Only a model's answer costs tokens.
            await self._conversation.admit(context)
        opening = await self.streaming[type(request)](request, context)
        fold = EventFold(self._store, context, lambda event: self._serializer.frame(event, context))
        return StreamedAnswer(fold.frames(opening), placement)
