"""`input.transcribe`: transcribe a recording."""

from chatkit.types import AudioInput, InputTranscribeReq, TranscriptionResult

from app.domain.identity import RequestContext
from app.entrypoints.chatkit.queries import check_audio, decoded_audio
from app.ports.transcriber import Transcriber


class TranscriptionHandler:
    """Transcribes recordings."""

    def __init__(self, transcriber: Transcriber) -> None:
        self._transcriber = transcriber

    async def transcribe(self, request: InputTranscribeReq, context: RequestContext) -> TranscriptionResult:
        """The text of a recording. Raises `InvalidInputError` for other data, and `NotEnabledError`."""
        data = decoded_audio(request.params.audio_base64)
        audio = AudioInput(data=data, mime_type=request.params.mime_type)
        check_audio(audio)
        return TranscriptionResult(text=await self._transcriber.transcribe(audio.data, audio.media_type))
