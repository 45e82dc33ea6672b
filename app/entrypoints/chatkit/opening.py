"""The opening of a stream: the events before the answer, whose items are stored by the handler."""

from collections.abc import AsyncGenerator

import msgspec
from chatkit.types import ThreadMetadata, ThreadStreamEvent

from app.application.conversation.service import Conversation
from app.application.turns.turn import current_turn
from app.domain.identity import RequestContext
from app.entrypoints.chatkit.delta_fast_path import turn_delta_sink
from app.ports.thread_store import LoadedContext


class Cancellable(msgspec.Struct, frozen=True):
    """Marks the point from which a client may cancel the stream; a cancellation is noted for the model."""

    thread_id: str


class Source(msgspec.Struct, frozen=True):
    """The events of the answer; their maker may change `thread` in place."""

    thread: ThreadMetadata
    events: AsyncGenerator[ThreadStreamEvent, None]


Opening = AsyncGenerator[ThreadStreamEvent | Cancellable | Source, None]
"""Events with stored items, then the `Source` of the answer.

An exception before the first event becomes a status code.
"""


def answer_of(conversation: Conversation, loaded: LoadedContext, context: RequestContext) -> Source:
    """The assistant's answer to the newest item of the loaded context."""
    return Source(loaded.thread, conversation.answer(loaded.thread, context, turn_delta_sink(), loaded))


def was_queued() -> bool:
    """True when the turn waited in its thread's queue: objects loaded before that may have changed."""
    turn = current_turn.get()
    return turn is not None and turn.waited
