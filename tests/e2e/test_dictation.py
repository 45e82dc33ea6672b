"""Dictation over HTTP: on when a model is named, refused clearly when not."""

import base64
from pathlib import Path

import pytest

from tests.chatkit_client import ChatKitClient
from tests.fakes.upstream import Upstream, json_reply
from tests.server import running

SOUND = base64.b64encode(b"sound").decode()


async def test_what_is_said_comes_back_as_text(tmp_path: Path) -> None:
    async with Upstream() as upstream:
        upstream.always(json_reply(200, {"text": "Add a task: buy milk"}))
        environment = {"TRANSCRIPTION_MODEL": "whisper-1", "TRANSCRIPTION_BASE_URL": f"{upstream.url}/v1"}
        environment |= {"OPENAI_API_KEY": "sk-not-for-others", "LLM_PROVIDER": "demo", "DATABASE_URL": "memory://"}
        async with running(tmp_path, environment) as server, ChatKitClient(server.url) as client:
            answer = await client.call("input.transcribe", audio_base64=SOUND, mime_type="audio/webm;codecs=opus")
            assert answer == {"text": "Add a task: buy milk"}
            await client.refused("input.transcribe", audio_base64=SOUND, mime_type="video/mp4")
            await client.refused("input.transcribe", audio_base64="", mime_type="audio/webm")
            await client.refused("input.transcribe", audio_base64="no base64!", mime_type="audio/webm")
        [request] = upstream.requests
        assert b"audio/webm" in request.body
        assert "authorization" not in request.headers, "OpenAI's key is for OpenAI's own address"


@pytest.mark.parametrize("audio", [SOUND, "no base64!"])
async def test_without_a_model_it_is_refused(client: ChatKitClient, audio: str) -> None:
    await client.refused("input.transcribe", audio_base64=audio, mime_type="audio/webm")
