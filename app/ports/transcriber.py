"""Speech as text, for dictating into the composer."""

from abc import ABC, abstractmethod
from typing import Final

from app.domain.errors import AnyportError

AUDIO_LIMIT: Final = 25_000_000
"""Bytes of one recording."""

MEDIA_TYPES: Final = frozenset({"audio/webm", "audio/ogg", "audio/mp4", "audio/mpeg", "audio/wav"})
"""What browsers record; the first three are ChatKit's."""


class TranscriptionError(AnyportError):
    """The service that writes speech down did not do it; `detail` is for the operator."""

    actor = "upstream"
    code = "transcription_failed"
    retry = True


class Transcriber(ABC):
    """Writes speech down. The contract is `tests/contracts/test_transcriber.py`."""

    @abstractmethod
    async def transcribe(self, audio: bytes, media_type: str) -> str:
        """What is said in a recording, without white space around it; empty when nobody speaks.

        The caller has checked `AUDIO_LIMIT` and `MEDIA_TYPES`. Raises `TranscriptionError`, and `NotEnabledError` when
        the server has no such service.
        """

    @abstractmethod
    async def check(self) -> None:
        """One small real request. Raises what `transcribe` raises."""

    @abstractmethod
    async def aclose(self) -> None:
        """Close what is open. Safe to call twice."""
