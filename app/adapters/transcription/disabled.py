"""Disabled transcription: the transcriber of a server without `TRANSCRIPTION_MODEL`."""

from app.domain.errors import NotEnabledError
from app.domain.language import _
from app.ports.transcriber import Transcriber


class DisabledTranscriber(Transcriber):
    """Refuses each request with a `NotEnabledError` whose detail names the variable to set."""

    async def transcribe(self, audio: bytes, media_type: str) -> str:
        raise NotEnabledError(_("Dictation is not enabled on this server."), detail="set TRANSCRIPTION_MODEL")

    async def check(self) -> None:
        await self.transcribe(b"", "audio/wav")

    async def aclose(self) -> None:
        """Do nothing: there are no connections."""
