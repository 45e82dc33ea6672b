"""The delta fast path: text that goes from the model straight to the turn that is followed.

The event fold looks at each event for the sake of what it stores; of text it needs only what a message says when it is
done, or when it is broken off.
"""

from app.application.turns.turn import current_turn
from app.chatkit_json.text_delta import text_delta
from app.ports.agent_runner import DeltaSink


def delta_sink() -> DeltaSink | None:
    """The way past the event fold; there is none outside a turn."""
    turn = current_turn.get()
    if turn is None:
        return None

    def say(message_id: str, part: int, delta: str) -> None:
        turn.append(b"data: %b\n\n" % text_delta(message_id, part, delta))

    return say
