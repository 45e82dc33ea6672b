"""`threads.create` and `threads.add_user_message`: store a message of the user and answer it."""

from collections.abc import Sequence

from chatkit.types import (
    Attachment,
    ThreadCreatedEvent,
    ThreadItemDoneEvent,
    ThreadMetadata,
    ThreadsAddUserMessageReq,
    ThreadsCreateReq,
    UserMessageInput,
    UserMessageItem,
)

from app.application.attachments.service import Attachments
from app.application.conversation.service import Conversation
from app.domain.clock import clock
from app.domain.identity import RequestContext
from app.entrypoints.chatkit.opening import Cancellable, Opening, Source, answer_of, was_queued
from app.entrypoints.chatkit.presentation import thread_response
from app.ports.thread_store import ThreadStore


class MessageHandler:
    """Stores a message and streams the answer; without files one visit to the store is enough."""

    def __init__(self, store: ThreadStore, conversation: Conversation, attachments: Attachments) -> None:
        self._store = store
        self._conversation = conversation
        self._attachments = attachments

    async def create(self, request: ThreadsCreateReq, context: RequestContext) -> Opening:
        """Create a thread with a message. Raises `InvalidInputError`, and `NotFoundError` for a file."""
        message = request.params.input
        await self._conversation.check(message)
        files = await self._attachments.check_message(message.attachments, context)
        return self._created_with_files(message, files, context) if files else self._created(message, context)

    async def add(self, request: ThreadsAddUserMessageReq, context: RequestContext) -> Opening:
        """Add a message to a thread. Raises `InvalidInputError`, and `NotFoundError` for a file."""
        message, thread_id = request.params.input, request.params.thread_id
        await self._conversation.check(message)
        files = await self._attachments.check_message(message.attachments, context, thread_id)
        return self._added(message, files, thread_id, context)

    async def _created(self, message: UserMessageInput, context: RequestContext) -> Opening:
        thread = self._new_thread(context)
        item = self._item(message, (), thread, context)
        answer = answer_of(self._conversation, await self._conversation.create_thread(thread, item, context), context)
        yield ThreadCreatedEvent(thread=thread_response(thread))
        yield ThreadItemDoneEvent(item=item)
        yield Cancellable(thread.id)
        yield answer

    async def _created_with_files(
        self, message: UserMessageInput, files: Sequence[Attachment], context: RequestContext
    ) -> Opening:
        """The opening of a thread with files: the thread is stored first, because files refer to it."""
        thread = self._new_thread(context)
        await self._store.save_thread(thread, context)
        yield ThreadCreatedEvent(thread=thread_response(thread))
        item = self._item(message, files, thread, context)
        answer = await self._stored(item, context)
        yield ThreadItemDoneEvent(item=item)
        yield Cancellable(thread.id)
        yield answer

    async def _added(
        self, message: UserMessageInput, files: Sequence[Attachment], thread_id: str, context: RequestContext
    ) -> Opening:
        if files and was_queued():
            files = await self._attachments.check_message(message.attachments, context, thread_id)
        thread = ThreadMetadata(id=thread_id, created_at=clock.now())  # Only the id is read.
        item = self._item(message, files, thread, context)
        answer = await self._stored(item, context)
        yield ThreadItemDoneEvent(item=item)
        yield Cancellable(thread_id)
        yield answer

    async def _stored(self, item: UserMessageItem, context: RequestContext) -> Source:
        """Store the message and its files, and return its answer."""
        for attachment in item.attachments:
            await self._store.save_attachment(attachment, context)
        loaded = await self._conversation.load_context(item.thread_id, context, adding=item)
        return answer_of(self._conversation, loaded, context)

    def _new_thread(self, context: RequestContext) -> ThreadMetadata:
        return ThreadMetadata(id=self._store.generate_thread_id(context), created_at=clock.now())

    def _item(
        self, message: UserMessageInput, files: Sequence[Attachment], thread: ThreadMetadata, context: RequestContext
    ) -> UserMessageItem:
        return UserMessageItem(
            id=self._store.generate_item_id("message", thread, context),
            thread_id=thread.id,
            created_at=clock.now(),
            content=message.content,
            attachments=[file.model_copy(update={"thread_id": thread.id}) for file in files],
            quoted_text=message.quoted_text,
            inference_options=message.inference_options,
        )
