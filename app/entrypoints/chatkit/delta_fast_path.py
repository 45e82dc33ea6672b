"""The delta fast path: text from the model's read to the reader's socket, past the generators between them.

An answer is hundreds of text deltas and a handful of other events. An event passes some ten nested async generators
between model and turn; for a text delta that costs more than all other work on the delta. So the first delta of a text
is an event, and each later one takes this path. Steps 1 to 6 are plain calls within one step of the event loop:

1. `app/adapters/providers/shared/chat_completions/model.py` reads bytes from the upstream and decodes their frames.
2. `…/chat_completions/answer.py` joins the plain text deltas of one read into one text.
3. `…/chat_completions/message.py` passes the text to the `DeltaReceiver` of the context (`app/ports/delta_sink.py`).
4. `app/adapters/agents_sdk/output/response_translator.py` is that receiver: it knows the message and the part.
5. `app/adapters/agents_sdk/output/outlet.py` appends the text to the message, and passes it to the run's `DeltaSink`.
6. `turn_delta_sink` below is that sink: it encodes the frame (`app/chatkit_json/text_delta.py`) and appends it to the
   turn.
7. `app/application/turns/turn.py` notifies the turn's followers; each takes all frames that wait as one piece.
8. `app/entrypoints/http/event_stream.py` sends the piece; uvicorn writes it to the socket.

What the path leaves out: the generators of retries, of fallback models, of the capability filter and of the Agents SDK,
the outlet's queue, `Conversation.answer`, and the event fold.

What keeps it correct:

- Order: step 5 uses the sink only while the outlet's reader waits and no event is queued. Otherwise the text becomes an
  ordinary event behind those that wait.
- Storage: the event fold stores an item when it is done, from an event that holds the whole text. A turn that is
  interrupted takes the text from its own frames.
- Optional at both ends: a model that does not know the receiver yields each delta as an event; without a turn there is
  no sink. Clients receive the same frames either way (`tests/unit/test_delta_fast_path.py`).
"""

from app.application.turns.turn import current_turn
from app.chatkit_json.text_delta import text_delta
from app.ports.delta_sink import DeltaSink


def turn_delta_sink() -> DeltaSink | None:
    """The delta sink of the current turn; None outside a turn."""
    turn = current_turn.get()
    if turn is None:
        return None

    def append(message_id: str, part: int, delta: str) -> None:
        turn.append(b"data: %b\n\n" % text_delta(message_id, part, delta))

    return append
