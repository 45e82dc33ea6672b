"""`input.transcribe`: speech becomes text."""

from chatkit.types import AudioInput, InputTranscribeReq, TranscriptionResult

from app.domain.identity import RequestContext
from app.entrypoints.chatkit.queries import check_audio, decoded_audio
from app.ports.transcriber import Transcriber


class TranscriptionHandler:
    """Has a recording written down."""

    def __init__(self, transcriber: Transcriber) -> None:
        self._transcriber = transcriber

    async def transcribe(self, request: InputTranscribeReq, context: RequestContext) -> TranscriptionResult:
        """The text. Raises `InvalidInputError` for what is no recording of a browser, and `NotEnabledError`."""
        data = decoded_audio(request.params.audio_base64)
        audio = AudioInput(data=data, mime_type=request.params.mime_type)
        check_audio(audio)
        return TranscriptionResult(text=await self._transcriber.transcribe(audio.data, audio.media_type))
