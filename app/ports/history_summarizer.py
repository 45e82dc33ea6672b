"""History summarizer: asks a model to continue the summary of a conversation."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Literal

import msgspec

from app.domain.model_ref import ModelRef
from app.ports.turn_log import TokenUsage


class Passage(msgspec.Struct, frozen=True):
    """Passage of a conversation as plain text; `context` is what neither side wrote."""

    by: Literal["user", "assistant", "tool", "context"]
    text: str


class WrittenSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Summary as the model wrote it, the model, and the tokens used."""

    text: str
    author: ModelRef
    usage: TokenUsage


class HistorySummarizer(ABC):
    """History summarizer: one request to a model for each step of a summary."""

    @abstractmethod
    async def extend(self, summary: str, passages: Sequence[Passage], *, limit: int) -> WrittenSummary:
        """Return one summary of `summary` (empty at first) and the `passages` after it, of about `limit` bytes at most.

        A longer text is cut. Raises `AnyportError`; cancelling stops the request.
        """
