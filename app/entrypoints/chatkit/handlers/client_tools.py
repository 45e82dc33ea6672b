"""`threads.add_client_tool_output`: the page answers a client tool call."""

import datetime as dt

from chatkit.types import ClientToolCallItem, ThreadsAddClientToolOutputReq

from app.application.conversation.service import Conversation
from app.domain.identity import RequestContext
from app.entrypoints.chatkit.opening import Cancellable, Opening, answer_of, was_queued
from app.entrypoints.chatkit.queries import check_output, open_client_call
from app.ports.thread_store import ThreadStore


class ClientToolHandler:
    """Gives the newest open call its result and streams on; a page has `patience` for it."""

    def __init__(self, store: ThreadStore, conversation: Conversation, patience: dt.timedelta) -> None:
        self._store = store
        self._conversation = conversation
        self._patience = patience

    async def add_output(self, request: ThreadsAddClientToolOutputReq, context: RequestContext) -> Opening:
        """Answer the call. Raises `NotFoundError`, and `InvalidInputError` for a result that is too large, too late, or
        not waited for."""
        check_output(request.params.result)
        call = await open_client_call(self._store, request.params.thread_id, context, self._patience)
        return self._answered(call, request.params.result, context)

    async def _answered(self, call: ClientToolCallItem, result: object, context: RequestContext) -> Opening:
        thread_id = call.thread_id
        if was_queued():
            call = await open_client_call(self._store, thread_id, context, self._patience)
        done = call.model_copy(update={"status": "completed", "output": result})
        await self._store.save_item(thread_id, done, context)
        yield Cancellable(thread_id)
        yield answer_of(self._conversation, await self._conversation.load_context(thread_id, context), context)
