"""OpenAI's audio endpoint, and every server that speaks like it.

https://platform.openai.com/docs/api-reference/audio/createTranscription
"""

import asyncio
import io
import wave

import httpx2
import msgspec

from app.environment import Secret
from app.ports.transcriber import Transcriber, TranscriptionError

_SECONDS = 60.0
_CONNECT_SECONDS = 10.0
_ANSWER_LIMIT = 1_000_000
_SHOWN = 300
_SAMPLES = 8000


class _Answer(msgspec.Struct):
    text: str


class OpenAIAudio(Transcriber):
    """`POST {base_url}/audio/transcriptions`."""

    def __init__(self, *, model: str, base_url: str, api_key: Secret) -> None:
        self._model = model
        # The service guesses the format from the file's name, and no proxy or redirect may see the recording.
        self._http = httpx2.AsyncClient(
            base_url=base_url.rstrip("/") + "/",
            headers={"authorization": f"Bearer {api_key.reveal()}"} if api_key else {},
            timeout=httpx2.Timeout(_SECONDS, connect=_CONNECT_SECONDS),
            trust_env=False,
            follow_redirects=False,
        )

    async def transcribe(self, audio: bytes, media_type: str) -> str:
        name = f"speech.{media_type.removeprefix('audio/')}"
        try:
            response = await self._http.post(
                "audio/transcriptions",
                data={"model": self._model, "response_format": "json"},
                files={"file": (name, audio, media_type)},
            )
        except httpx2.HTTPError as error:
            raise _failed(f"{type(error).__name__}: {error}") from error
        if response.status_code != httpx2.codes.OK:
            raise _failed(f"HTTP {response.status_code}: {response.text[:_SHOWN]}")
        try:
            return msgspec.json.decode(response.content[:_ANSWER_LIMIT], type=_Answer).text.strip()
        except (msgspec.MsgspecError, RecursionError) as error:
            raise _failed(f"no transcription in the answer: {error}") from error

    async def check(self) -> None:
        """A second in which nobody speaks."""
        await self.transcribe(await asyncio.to_thread(_silence), "audio/wav")

    async def aclose(self) -> None:
        await self._http.aclose()


def _silence() -> bytes:
    recording = io.BytesIO()
    with wave.open(recording, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(_SAMPLES)
        sound.writeframes(bytes(2 * _SAMPLES))
    return recording.getvalue()


def _failed(detail: str) -> TranscriptionError:
    return TranscriptionError("The speech could not be written down. Please try again.", detail=detail)
