"""What every `Transcriber` promises, on each that there is, against a real HTTP server."""

from collections.abc import AsyncIterator

import pytest

from app.adapters.transcription.disabled import DisabledTranscriber
from app.adapters.transcription.openai_audio import OpenAIAudio
from app.domain.errors import NotEnabledError
from app.environment import Secret
from app.ports.transcriber import Transcriber, TranscriptionError
from tests.fakes.upstream import Hold, Reply, Reset, Upstream, html_reply, json_reply, stream

KEY = "canary-4711"
LONGEST_DETAIL = 300


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with Upstream() as server:
        yield server


@pytest.fixture
async def transcriber(upstream: Upstream) -> AsyncIterator[Transcriber]:
    transcriber = OpenAIAudio(model="whisper-1", base_url=f"{upstream.url}/v1", api_key=Secret(KEY))
    yield transcriber
    await transcriber.aclose()
    await transcriber.aclose()


async def test_a_recording_becomes_text(transcriber: Transcriber, upstream: Upstream) -> None:
    upstream.script(json_reply(200, {"text": " Milk kaufen 🥛\n", "usage": {"type": "tokens"}}))
    assert await transcriber.transcribe(b"\x1aE\xdf\xa3 sound", "audio/webm") == "Milk kaufen 🥛"
    [request] = upstream.requests
    assert (request.method, request.path) == ("POST", "/v1/audio/transcriptions")
    assert request.headers["authorization"] == f"Bearer {KEY}"
    for part in (b'name="model"\r\n\r\nwhisper-1', b'filename="speech.webm"', b"audio/webm", b"\x1aE\xdf\xa3 sound"):
        assert part in request.body


async def test_the_check_sends_a_silent_recording(transcriber: Transcriber, upstream: Upstream) -> None:
    upstream.script(json_reply(200, {"text": ""}), json_reply(401, {}))
    await transcriber.check()
    assert b"RIFF" in upstream.requests[0].body
    with pytest.raises(TranscriptionError):
        await transcriber.check()


@pytest.mark.parametrize(
    "reply",
    [
        json_reply(401, {"error": {"message": f"bad key {KEY}", "code": "invalid_api_key"}}),
        json_reply(401, {"error": {"code": KEY, "type": KEY, "status": f"Bearer {KEY}"}}),
        json_reply(401, {"error": KEY}),
        json_reply(400, {"code": f"{KEY}", "detail": KEY}),
        json_reply(500, [[KEY]] * 100_000),
        Reply(status=403, headers={"content-type": "text/plain"}, steps=[f"{KEY} ".encode() * 100_000]),
        json_reply(429, {"error": {"message": "slow down"}}),
        json_reply(200, {"words": []}),
        json_reply(200, {"text": None}),
        html_reply(200),
        html_reply(502),
        stream(b"data: {}\n\n"),
        Reply(status=307, headers={"location": "http://127.0.0.1:9/"}),
        Reply(steps=[Reset()], framing="none"),
        Reply(steps=[b'{"text": "ha', Reset()], framing="chunked"),
    ],
)
async def test_every_error_becomes_one_failure_without_private_data(
    transcriber: Transcriber, upstream: Upstream, reply: Reply
) -> None:
    upstream.script(reply)
    with pytest.raises(TranscriptionError) as failure:
        await transcriber.transcribe(b"sound", "audio/webm")
    assert KEY not in failure.value.message
    assert KEY not in failure.value.detail
    assert 0 < len(failure.value.detail) <= LONGEST_DETAIL
    assert failure.value.actor == "upstream"


async def test_the_operator_sees_the_status_and_the_name_of_the_error(
    transcriber: Transcriber, upstream: Upstream
) -> None:
    upstream.script(json_reply(401, {"error": {"message": f"bad key {KEY}", "code": "invalid_api_key"}}))
    with pytest.raises(TranscriptionError) as failure:
        await transcriber.transcribe(b"sound", "audio/webm")
    assert failure.value.detail == "HTTP 401, invalid_api_key"


async def test_an_endless_answer_is_not_read_to_its_end(transcriber: Transcriber, upstream: Upstream) -> None:
    upstream.always(Reply(status=500, steps=[*[b"x" * 1_000_000] * 5, Hold()], framing="chunked"))
    with pytest.raises(TranscriptionError, match="could not be written down"):
        await transcriber.transcribe(b"sound", "audio/webm")


async def test_without_a_key_none_is_sent(upstream: Upstream) -> None:
    upstream.script(json_reply(200, {"text": ""}))
    local = OpenAIAudio(model="whisper", base_url=f"{upstream.url}/v1/", api_key=Secret(""))
    assert await local.transcribe(b"silence", "audio/ogg") == ""
    assert "authorization" not in upstream.requests[0].headers
    await local.aclose()


async def test_a_disabled_transcriber_raises_not_enabled() -> None:
    transcriber = DisabledTranscriber()
    with pytest.raises(NotEnabledError):
        await transcriber.transcribe(b"sound", "audio/webm")
    await transcriber.aclose()
