"""The opening of a stream: what a request stores and shows before its answer."""

from collections.abc import AsyncGenerator

import msgspec
from chatkit.types import ThreadMetadata, ThreadStreamEvent

from app.application.conversation.service import Conversation
from app.application.turns.turn import current_turn
from app.domain.identity import RequestContext
from app.entrypoints.chatkit.delta_fast_path import turn_delta_sink
from app.ports.thread_store import LoadedContext


class Cancellable(msgspec.Struct, frozen=True):
    """From here on a client may cancel the stream; this is noted in the thread, for the model to know."""

    thread_id: str


class Source(msgspec.Struct, frozen=True):
    """The events that answer, whoever makes them; `thread` may change meanwhile."""

    thread: ThreadMetadata
    events: AsyncGenerator[ThreadStreamEvent, None]


Opening = AsyncGenerator[ThreadStreamEvent | Cancellable | Source, None]
"""Events whose items are stored already, and at the end the `Source` of the others.

What it raises before its first event is answered by a status code.
"""


def answer_of(conversation: Conversation, loaded: LoadedContext, context: RequestContext) -> Source:
    """The answer of the assistant to the newest item of what is `loaded`."""
    return Source(loaded.thread, conversation.answer(loaded.thread, context, turn_delta_sink(), loaded))


def was_queued() -> bool:
    """True when the turn waited for its thread: what was loaded before that may have changed."""
    turn = current_turn.get()
    return turn is not None and turn.waited
