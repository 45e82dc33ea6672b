"""The two ends of the delta fast path, which `app/entrypoints/chatkit/delta_fast_path.py` explains as a whole."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Final, Protocol

DeltaSink = Callable[[str, int, str], None]
"""Appends text to a message in the running turn, by message id, index of the content part, and text. Never waits."""


class DeltaReceiver(Protocol):
    """Receives text from a model, beside the events of its response."""

    def write(self, text: str) -> None:
        """Append `text` to the part that the newest `response.output_text.delta` event belongs to. Never waits."""


delta_receiver: Final[ContextVar[DeltaReceiver | None]] = ContextVar("delta_receiver", default=None)
"""The delta sink of this context; None when each delta must be an event.

A model may ignore it. A model that uses the sink appends the text behind the first delta event of a part to it
instead of yielding it. All other events are yielded in their order, and the closing events hold the whole text.
"""
