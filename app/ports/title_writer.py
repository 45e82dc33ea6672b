"""Title writer: asks a model for the title of a conversation."""

from abc import ABC, abstractmethod

import msgspec

from app.ports.turn_log import TokenUsage


class WrittenTitle(msgspec.Struct, frozen=True, kw_only=True):
    """Title as the model wrote it, and the tokens used."""

    text: str
    usage: TokenUsage


class TitleWriter(ABC):
    """Title writer: one request to a model for each title."""

    @abstractmethod
    async def write(self, question: str, answer: str) -> WrittenTitle:
        """Return a title for this first exchange. Raises `AnyportError`; cancelling stops the request."""
