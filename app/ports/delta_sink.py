"""Text that is shown while a model says it, beside the events of its response.

An event for each token would pass a dozen generators, which costs more than all that is done with it.
"""

from contextvars import ContextVar
from typing import Final, Protocol


class DeltaReceiver(Protocol):
    """Where a model puts the text of the part that it is in the middle of."""

    def write(self, text: str) -> None:
        """Show more of the text that the newest `response.output_text.delta` event began. Never waits."""


delta_receiver: Final[ContextVar[DeltaReceiver | None]] = ContextVar("delta_receiver", default=None)
"""Who listens to the model that is asked in this context, if anybody does.

A model need not know of it. One that does may say there, instead of yielding it as a delta, whatever follows the first
delta of a text; all other events it yields as ever, in their order, and those at the end hold the whole text.
"""
