"""Who finds a title for a conversation."""

from abc import ABC, abstractmethod

import msgspec

from app.ports.turn_log import TokenUsage


class WrittenTitle(msgspec.Struct, frozen=True, kw_only=True):
    """What was written, as it came, and what it cost."""

    text: str
    usage: TokenUsage


class TitleWriter(ABC):
    """Asks somebody for a title."""

    @abstractmethod
    async def write(self, question: str, answer: str) -> WrittenTitle:
        """A title for a conversation that begins so. Raises `AnyportError`; cancelling it stops the request."""
