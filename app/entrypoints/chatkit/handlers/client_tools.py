"""`threads.add_client_tool_output`: the result of a client tool call."""

import datetime as dt

from chatkit.types import ClientToolCallItem, ThreadsAddClientToolOutputReq

from app.application.conversation.service import Conversation
from app.domain.identity import RequestContext
from app.entrypoints.chatkit.opening import Cancellable, Opening, answer_of, was_queued
from app.entrypoints.chatkit.queries import check_output, open_client_call
from app.ports.thread_store import ThreadStore


class ClientToolHandler:
    """Completes the newest open call and continues the answer; a call is open for its `lifetime`."""

    def __init__(self, store: ThreadStore, conversation: Conversation, lifetime: dt.timedelta) -> None:
        self._store = store
        self._conversation = conversation
        self._lifetime = lifetime

    async def add_output(self, request: ThreadsAddClientToolOutputReq, context: RequestContext) -> Opening:
        """Complete the call. Raises `NotFoundError`, and `InvalidInputError` for a result that is too large or late, or
        without an open call."""
        check_output(request.params.result)
        call = await open_client_call(self._store, request.params.thread_id, context, self._lifetime)
        return self._opening(call, request.params.result, context)

    async def _opening(self, call: ClientToolCallItem, result: object, context: RequestContext) -> Opening:
        thread_id = call.thread_id
        if was_queued():
            call = await open_client_call(self._store, thread_id, context, self._lifetime)
        completed = call.model_copy(update={"status": "completed", "output": result})
        await self._store.save_item(thread_id, completed, context)
        yield Cancellable(thread_id)
        yield answer_of(self._conversation, await self._conversation.load_context(thread_id, context), context)
