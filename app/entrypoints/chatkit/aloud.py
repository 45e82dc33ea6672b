"""Text that goes from the model straight to the turn that is followed.

ChatKit looks at each event on its way, for the sake of items that change; of text it only needs to know what a message
says when it is done, or when it is broken off.
"""

from collections.abc import Iterable

from chatkit.types import ThreadItem

from app.application.endings import incomplete
from app.application.transcript import Transcript
from app.application.turn import current_turn
from app.entrypoints.chatkit.text_delta import text_delta
from app.ports.agent_runner import SayText


def aloud() -> SayText | None:
    """The way past ChatKit; there is none outside a turn."""
    turn = current_turn.get()
    if turn is None:
        return None

    def say(message_id: str, part: int, delta: str) -> None:
        turn.append(b"data: %b\n\n" % text_delta(message_id, part, delta))

    return say


def as_shown(pending: Iterable[ThreadItem]) -> list[ThreadItem]:
    """Items that were not done when the turn was broken off, its messages with all that was shown of them, and with the
    mark that there was to be more."""
    turn = current_turn.get()
    if turn is None:
        return [*pending]
    shown = {item.id: incomplete(item, turn.broken_off) for item in Transcript(turn.events).unfinished}
    return [shown.get(item.id, item) for item in pending]
