"""No service at all."""

from app.domain.errors import NotEnabledError
from app.domain.language import _
from app.ports.transcriber import Transcriber


class DisabledTranscriber(Transcriber):
    """Refuses, and says to the operator what to set."""

    async def transcribe(self, audio: bytes, media_type: str) -> str:
        raise NotEnabledError(_("Dictation is not enabled on this server."), detail="set TRANSCRIPTION_MODEL")

    async def check(self) -> None:
        await self.transcribe(b"", "audio/wav")

    async def aclose(self) -> None:
        """There is nothing to close."""
