"""ChatKit's server, told to use our conversation.

Leans on private methods of openai-chatkit 1.6.5, which `tests/unit/test_chatkit_seams.py` guards:
`_process_streaming`, `_process_streaming_impl`, `_process_events`, `_process_new_thread_item_respond`,
`_build_user_message_item`, `_process_non_streaming`, `_load_full_thread` and `_serialize`.
"""

import datetime as dt
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from contextvars import ContextVar
from typing import Any

from chatkit.actions import Action
from chatkit.errors import CustomStreamError
from chatkit.server import DEFAULT_PAGE_SIZE, ChatKitServer, NonStreamingResult
from chatkit.store import NotFoundError
from chatkit.types import (
    AttachmentsDeleteReq,
    AudioInput,
    ChatKitReq,
    ErrorEvent,
    FeedbackKind,
    ItemsListParams,
    ItemsListReq,
    NonStreamingReq,
    Page,
    StreamingReq,
    SyncCustomActionResponse,
    Thread,
    ThreadCreatedEvent,
    ThreadItem,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    ThreadMetadata,
    ThreadsAddClientToolOutputReq,
    ThreadsAddUserMessageReq,
    ThreadsCreateReq,
    ThreadsDeleteReq,
    ThreadsGetByIdReq,
    ThreadsRetryAfterItemReq,
    ThreadStreamEvent,
    TranscriptionResult,
    UserMessageInput,
    UserMessageItem,
    WidgetItem,
    is_streaming_req,
)
from pydantic import BaseModel, ValidationError

from app.application.actions import WidgetActions
from app.application.attachments import Attachments
from app.application.conversation import Conversation
from app.application.file_cleanup import FileCleanup
from app.application.idempotency.key import idempotency_key
from app.application.item_fields import IncompleteMessage
from app.application.once import Once
from app.application.questions import closed, expired
from app.application.shapes import shape
from app.application.turn import current_turn
from app.application.turns import Turns
from app.domain.clock import clock
from app.domain.errors import AnyportError
from app.domain.identity import RequestContext
from app.domain.language import _
from app.entrypoints.chatkit import preconditions
from app.entrypoints.chatkit.aloud import aloud, as_shown
from app.entrypoints.chatkit.bounds import check_json
from app.entrypoints.chatkit.deleted import while_it_is_there
from app.entrypoints.chatkit.errors import GENERIC, malformed
from app.entrypoints.chatkit.feedback import keep_feedback
from app.entrypoints.chatkit.file_links import renew_links
from app.entrypoints.chatkit.live import Streamed, add_shown, place_of
from app.entrypoints.chatkit.lookups import check_audio, confirmed_removal, open_client_call, retried
from app.entrypoints.chatkit.models import build
from app.entrypoints.chatkit.pages import in_pieces
from app.entrypoints.chatkit.request import ChatKitRequest
from app.entrypoints.chatkit.text_bounds import check_texts
from app.entrypoints.chatkit.text_delta import encoded_text_delta
from app.entrypoints.chatkit.written import written
from app.ports.thread_store import Recollection, ThreadStore
from app.ports.transcriber import Transcriber
from app.settings import ChatKitSettings

_caller: ContextVar[RequestContext | None] = ContextVar("caller", default=None)
"""Whose request is being answered: ChatKit serializes without its context."""


class AnyportServer(ChatKitServer[RequestContext]):
    """The `ChatKitServer` of this project; everything it does for an answer is in `Conversation`."""

    store: ThreadStore

    def __init__(
        self,
        store: ThreadStore,
        conversation: Conversation,
        actions: WidgetActions,
        attachments: Attachments,
        cleanup: FileCleanup,
        transcriber: Transcriber,
        turns: Turns,
        settings: ChatKitSettings,
    ) -> None:
        super().__init__(store, attachments)
        self._attachments = attachments
        self._cleanup = cleanup
        self._conversation = conversation
        self._actions = actions
        self._transcriber = transcriber
        self._turns = turns
        self._models = Once(build)
        self._patience = dt.timedelta(seconds=settings.client_tool_timeout_seconds)

    async def ready(self) -> None:
        """Wait until requests can be read without holding up everybody else. Safe to repeat."""
        await self._models.made()

    async def receive(self, body: bytes, caller: RequestContext, client: str | None = None) -> ChatKitRequest:
        """Read one request; `client` is the instance of a front end that repeats itself. Raises what `read` does."""
        await self.ready()
        key = idempotency_key(caller, client, body) if client else None
        return ChatKitRequest(self.read(body), caller, key, server=self, turns=self._turns)

    async def process(self, request: str | bytes | bytearray, context: RequestContext) -> Streamed | NonStreamingResult:
        """Answer one request; raises what `read` and `answer` do."""
        await self.ready()
        return await self.answer(self.read(request), context)

    def read(self, request: str | bytes | bytearray) -> ChatKitReq:
        """A body as a request. Raises `InvalidInputError` for one that is none of ChatKit's, or holds too much: of
        values, of levels, or of text."""
        check_json(request.encode() if isinstance(request, str) else request)
        try:
            parsed: ChatKitReq = shape(ChatKitReq).validate_json(request)
        except ValidationError as error:
            # Said here: anywhere else it is something of ours that is not valid, and none of the caller's business.
            raise malformed(error) from error
        check_texts(type(parsed), parsed)
        return parsed

    async def answer(self, parsed: ChatKitReq, context: RequestContext) -> Streamed | NonStreamingResult:
        """Answer one request. Raises what `preconditions.check` raises, before a stream is open or anything is
        stored."""
        await preconditions.check(parsed, self.store, self._conversation, self._actions, context, self._patience)
        await preconditions.check_files(parsed, self._attachments, context)
        _caller.set(context)
        if is_streaming_req(parsed):
            return Streamed(self._process_streaming(parsed, context), place_of(parsed, context))
        result = NonStreamingResult(await self._process_non_streaming(parsed, context.as_client()))
        if isinstance(parsed, ThreadsDeleteReq):
            await self._turns.end_deleted(parsed.params.thread_id)
        if isinstance(parsed, ThreadsDeleteReq | AttachmentsDeleteReq):
            self._cleanup.soon()
        return result

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: RequestContext
    ) -> AsyncGenerator[ThreadStreamEvent, None]:
        """Stream the answer to the newest item of the thread."""
        async for event in self._answered(thread, context):
            yield event

    async def _answered(
        self, thread: ThreadMetadata, context: RequestContext, recalled: Recollection | None = None
    ) -> AsyncGenerator[ThreadStreamEvent, None]:
        answering = self._conversation.answer(thread, context, aloud(), recalled)
        del recalled  # An answer takes its time: of a long thread nobody holds more meanwhile than the model is told.
        try:
            async with aclosing(answering) as events:
                async for event in events:
                    yield event
        except AnyportError as error:
            raise CustomStreamError(error.message, allow_retry=error.retry) from error

    async def handle_stream_cancelled(
        self, thread: ThreadMetadata, pending_items: list[ThreadItem], context: RequestContext
    ) -> None:
        """Keep what was shown, also what was said past ChatKit; the turn itself notes that it broke off.

        Nothing is kept of a thread that is deleted.
        """
        with suppress(NotFoundError):
            await self._keep_shown(thread, as_shown(pending_items), context)

    async def _keep_shown(self, thread: ThreadMetadata, shown: list[ThreadItem], context: RequestContext) -> None:
        turn = current_turn.get()
        if turn is None or turn.broken_off != "interrupted":
            await super().handle_stream_cancelled(thread, shown, context)
            return
        # ChatKit would tell the model that the user wanted no more of it.
        for item in shown:
            if isinstance(item, IncompleteMessage):
                await self.store.add_thread_item(thread.id, item, context)

    async def transcribe(self, audio_input: AudioInput, context: RequestContext) -> TranscriptionResult:
        """Write down what is said. Raises `InvalidInputError` for what is no recording of a browser."""
        check_audio(audio_input)
        return TranscriptionResult(text=await self._transcriber.transcribe(audio_input.data, audio_input.media_type))

    async def add_feedback(
        self, thread_id: str, item_ids: list[str], feedback: FeedbackKind, context: RequestContext
    ) -> None:
        """Keep what the user thought of these items."""
        await keep_feedback(self.store, thread_id, item_ids, feedback, context)

    async def action(
        self, thread: ThreadMetadata, action: Action[str, Any], sender: WidgetItem | None, context: RequestContext
    ) -> AsyncGenerator[ThreadStreamEvent, None]:
        """Do what a click in a widget asks for, and change the widget in place."""
        try:
            async for event in self._actions.stream(thread, action, sender, context):
                yield event
        except AnyportError as error:
            raise CustomStreamError(error.message, allow_retry=error.retry) from error

    async def sync_action(
        self, thread: ThreadMetadata, action: Action[str, Any], sender: WidgetItem | None, context: RequestContext
    ) -> SyncCustomActionResponse:
        """The same, answered at once by the changed widget."""
        return await self._actions.sync(thread, action, sender, context)

    async def _process_streaming(self, request: StreamingReq, context: RequestContext) -> AsyncGenerator[bytes, None]:
        """ChatKit's own, with one copy of a large event less."""
        async with aclosing(self._process_streaming_impl(request, context)) as events:
            async for event in events:
                yield b"".join((b"data: ", self._serialize(event), b"\n\n"))

    async def _process_streaming_impl(
        self, request: StreamingReq, context: RequestContext
    ) -> AsyncGenerator[ThreadStreamEvent, None]:
        """ChatKit's own, but for what it takes too narrowly: a page's result is for the newest open call, also when
        something stands behind it; and any item of an answer may be retried, which whoever else follows is told. A
        message is added with one look at the store, where ChatKit takes three, or four for the first of a thread."""
        match request:
            case ThreadsCreateReq(params=params) if not params.input.attachments:
                events = self._begun(params.input, context)
            case ThreadsAddUserMessageReq(params=params):
                events = self._after_message(params.thread_id, params.input, context)
            case ThreadsAddClientToolOutputReq(params=params):
                events = self._after_client_tool(params.thread_id, params.result, context)
            case ThreadsRetryAfterItemReq(params=params):
                confirmed = confirmed_removal(request.metadata)
                events = self._answered_again(params.thread_id, params.item_id, confirmed, context)
            case _:
                events = super()._process_streaming_impl(request, context)
        async with aclosing(while_it_is_there(events, request, self.store, context)) as events:
            async for event in events:
                if isinstance(event, ErrorEvent) and not event.message:
                    event.message = _(GENERIC)  # ChatKit's own for a crash is a code, which not every client knows.
                yield event

    async def _begun(
        self, message: UserMessageInput, context: RequestContext
    ) -> AsyncGenerator[ThreadStreamEvent, None]:
        """Attachments belong to a thread, so those of a first message need one that is stored before."""
        thread = ThreadMetadata(id=self.store.generate_thread_id(context), created_at=clock.now())
        item = await self._build_user_message_item(message, thread, context)
        recalled = await self._conversation.begin(thread, item, context)
        yield ThreadCreatedEvent(thread=Thread(**thread.model_dump(), items=Page()))
        yield ThreadItemDoneEvent(item=item)
        answering = self._answering(recalled, context)
        del recalled
        async for event in answering:
            yield event

    async def _after_message(
        self, thread_id: str, message: UserMessageInput, context: RequestContext
    ) -> AsyncGenerator[ThreadStreamEvent, None]:
        thread = ThreadMetadata(id=thread_id, created_at=clock.now())  # Its id is all that is asked for.
        item = await self._build_user_message_item(message, thread, context)
        async for event in self._process_new_thread_item_respond(thread, item, context):
            yield event

    async def _process_new_thread_item_respond(
        self, thread: ThreadMetadata, item: UserMessageItem, context: RequestContext
    ) -> AsyncGenerator[ThreadStreamEvent, None]:
        """ChatKit's own, but that adding the message tells all that its answer needs to know."""
        for attachment in item.attachments:
            await self.store.save_attachment(attachment, context)
        recalled = await self._conversation.recall(thread.id, context, adding=item)
        yield ThreadItemDoneEvent(item=item)
        answering = self._answering(recalled, context)
        del recalled
        async for event in answering:
            yield event

    def _answering(self, recalled: Recollection, context: RequestContext) -> AsyncIterator[ThreadStreamEvent]:
        """Whoever asks for these events has no more need of what was recalled."""
        answering = self._answered(recalled.thread, context, recalled)
        return self._process_events(recalled.thread, context, lambda: answering)

    async def _after_client_tool(
        self, thread_id: str, result: object, context: RequestContext
    ) -> AsyncGenerator[ThreadStreamEvent, None]:
        thread = await self.store.load_thread(thread_id, context)
        call = await open_client_call(self.store, thread_id, context, self._patience)
        done = call.model_copy(update={"status": "completed", "output": result})
        await self.store.save_item(thread_id, done, context)
        async for event in self._process_events(thread, context, lambda: self.respond(thread, None, context)):
            yield event

    async def _answered_again(
        self, thread_id: str, item_id: str, confirmed: str | None, context: RequestContext
    ) -> AsyncGenerator[ThreadStreamEvent, None]:
        thread = await self.store.load_thread(thread_id, context)
        # Looked at again: while this turn waited for the thread, another one may have added a message.
        message, gone, answer = await retried(self.store, thread_id, item_id, confirmed, context)
        await self._conversation.forget_answer(message, answer, context)

        async def events() -> AsyncGenerator[ThreadStreamEvent, None]:
            for removed in gone:
                yield ThreadItemRemovedEvent(item_id=removed)
            async for event in self.respond(thread, message, context):
                yield event

        async for event in self._process_events(thread, context, events):
            yield event

    async def _process_non_streaming(self, request: NonStreamingReq, context: RequestContext) -> bytes:
        """ChatKit's own, but that a page which looks at a thread sees what its running turn has said so far, and that
        items are written one by one."""
        match request:
            case ThreadsGetByIdReq(params=params):
                thread = await self._load_full_thread(params.thread_id, context)
                shown: BaseModel = self._to_thread_response(thread)
            case ItemsListReq(params=params):
                shown = await self._page(params, context)
            case _:
                return await super()._process_non_streaming(request, context)
        return await in_pieces(self._as_shown(shown), written)

    async def _page(self, params: ItemsListParams, context: RequestContext) -> Page[ThreadItem]:
        limit = params.limit or DEFAULT_PAGE_SIZE
        page = await self.store.load_thread_items(params.thread_id, params.after, limit, params.order, context)
        add_shown(page, await self._turns.open(params.thread_id), params.order, first=params.after is None)
        return page

    async def _load_full_thread(self, thread_id: str, context: RequestContext) -> Thread:
        thread = await super()._load_full_thread(thread_id, context)
        add_shown(thread.items, await self._turns.open(thread_id), "asc", first=True)
        return thread

    def _serialize(self, obj: BaseModel) -> bytes:
        if (delta := encoded_text_delta(obj)) is not None:
            return delta
        return written(self._as_shown(obj))

    def _as_shown(self, obj: BaseModel) -> BaseModel:
        """With links that work, without questions that nobody may answer any more, and in UTC."""
        if (caller := _caller.get()) is not None:
            renew_links(obj, self._attachments, caller)
        return _in_utc(self._without_expired(obj))

    def _without_expired(self, obj: BaseModel) -> BaseModel:
        """A page that loads a thread must not wait for, or answer, a call that has expired."""
        page = getattr(obj, "items", obj)
        if isinstance(page, Page):
            now = clock.now()
            page.data = [closed(item) if expired(item, now, self._patience) else item for item in page.data]
        return obj


def _in_utc(obj: BaseModel) -> BaseModel:
    """ChatKit stamps naive local times; the wire has UTC with an offset. Copies, because ChatKit goes on using
    the object, and compares its naive time with another."""
    for name in ("item", "thread"):
        stamped = getattr(obj, name, None)
        created_at = getattr(stamped, "created_at", None)
        if isinstance(stamped, BaseModel) and isinstance(created_at, dt.datetime) and created_at.tzinfo is None:
            in_utc = stamped.model_copy(update={"created_at": clock.in_utc(created_at)})
            return obj.model_copy(update={name: in_utc})
    return obj
