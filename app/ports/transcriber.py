"""Transcriber: speech to text, for dictation in the composer."""

from abc import ABC, abstractmethod
from typing import Final

from app.domain.errors import AnyportError

AUDIO_LIMIT: Final = 25_000_000
"""Most bytes of one recording."""

MEDIA_TYPES: Final = frozenset({"audio/webm", "audio/ogg", "audio/mp4", "audio/mpeg", "audio/wav"})
"""Media types that browsers record; the first three are ChatKit's."""


class TranscriptionError(AnyportError):
    """The transcription service failed; `detail` is for the operator."""

    actor = "upstream"
    code = "transcription_failed"
    retry = True


class Transcriber(ABC):
    """Transcriber of recordings. The contract is `tests/contracts/test_transcriber.py`."""

    @abstractmethod
    async def transcribe(self, audio: bytes, media_type: str) -> str:
        """Return the text of a recording, without surrounding white space; empty for silence.

        The caller has checked `AUDIO_LIMIT` and `MEDIA_TYPES`. Raises `TranscriptionError`, and `NotEnabledError` when
        the server has no such service.
        """

    @abstractmethod
    async def check(self) -> None:
        """Send one small real request. Raises what `transcribe` raises."""

    @abstractmethod
    async def aclose(self) -> None:
        """Close all connections. Idempotent."""
