"""Transcription over OpenAI's audio endpoint, at OpenAI or at a compatible server.

https://platform.openai.com/docs/api-reference/audio/createTranscription
"""

import asyncio
import io
import wave
from typing import Any, Final

import httpx2
import msgspec

from app.domain.redaction import is_error_name
from app.environment import Secret
from app.ports.transcriber import Transcriber, TranscriptionError

_SECONDS: Final = 60.0
_CONNECT_SECONDS: Final = 10.0
_MAX_RESPONSE_BYTES: Final = 1_000_000
"""Bytes of a response body; the rest is not read."""

_SAMPLES: Final = 8000


class _Answer(msgspec.Struct):
    text: str


class OpenAIAudio(Transcriber):
    """Transcribes by `POST {base_url}/audio/transcriptions`."""

    def __init__(self, *, model: str, base_url: str, api_key: Secret) -> None:
        self._model = model
        self._key = api_key.reveal()
        # No proxy and no redirect may see the recording.
        self._http = httpx2.AsyncClient(
            base_url=base_url.rstrip("/") + "/",
            headers={"authorization": f"Bearer {self._key}"} if self._key else {},
            timeout=httpx2.Timeout(_SECONDS, connect=_CONNECT_SECONDS),
            trust_env=False,
            follow_redirects=False,
        )

    async def transcribe(self, audio: bytes, media_type: str) -> str:
        # The service derives the format from the name of the file.
        name = f"speech.{media_type.removeprefix('audio/')}"
        request = self._http.build_request(
            "POST",
            "audio/transcriptions",
            data={"model": self._model, "response_format": "json"},
            files={"file": (name, audio, media_type)},
        )
        try:
            response = await self._http.send(request, stream=True)
            try:
                body = await _bounded_body(response)
            finally:
                await response.aclose()
        except httpx2.HTTPError as error:
            # The error's text may quote the key or the address.
            raise _failed(f"{type(error).__name__}, check TRANSCRIPTION_BASE_URL") from error
        if response.status_code != httpx2.codes.OK:
            raise _failed(", ".join([f"HTTP {response.status_code}", *self._error_names(body)]))
        try:
            return msgspec.json.decode(body, type=_Answer).text.strip()
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise _failed(f"no transcription in the answer: {type(error).__name__}") from error

    async def check(self) -> None:
        """Transcribe one second of silence."""
        await self.transcribe(await asyncio.to_thread(_silence), "audio/wav")

    async def aclose(self) -> None:
        await self._http.aclose()

    def _error_names(self, body: bytes) -> list[str]:
        """Return the names in an error body, such as `invalid_api_key`; its sentences may quote the key."""
        try:
            page: Any = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return []
        error = page.get("error", page) if isinstance(page, dict) else {}
        values = [str(error.get(field) or "") for field in ("code", "type")] if isinstance(error, dict) else []
        return [name for name in dict.fromkeys(values) if is_error_name(name) and not (self._key and self._key in name)]


async def _bounded_body(response: httpx2.Response) -> bytes:
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) >= _MAX_RESPONSE_BYTES:
            break
    return bytes(body)


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
