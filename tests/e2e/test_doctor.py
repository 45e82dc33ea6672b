"""`doctor` checks each part of a configuration, and names actor and variable of each failure."""

import json
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import httpx
import pytest
from moto.server import ThreadedMotoServer

from app.command_line import USAGE
from app.patches.register import REGISTER
from tests.e2e.test_commands import command, line_of
from tests.fakes.gemini_wire import GeminiChat
from tests.fakes.login_service import SigningKey, login_service
from tests.fakes.upstream import Upstream, json_reply
from tests.server import ROOT

DIALECT = GeminiChat()
KEY = "a-key-that-is-shown-to-nobody"
NOBODY = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """A server that speaks like S3, with one bucket, `files`."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        httpx.put(f"http://{host}:{port}/files", trust_env=False).raise_for_status()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@pytest.fixture
async def model() -> AsyncIterator[Upstream]:
    async with Upstream(DIALECT.guard) as upstream:
        yield upstream


def configured(s3: str, model: Upstream, speech: Upstream, keys: str, **more: str) -> Mapping[str, str]:
    """Everything at once that can be asked whether it works."""
    jobs = {"command": sys.executable, "args": ["-m", "tests.fakes.mcp_stdio"], "cwd": str(ROOT)}
    return {
        "GEMINI_API_KEY": KEY,
        "GEMINI_BASE_URL": f"{model.url}/v1beta/openai/",
        "AUTH_JWKS_URL": keys,
        "ATTACHMENTS_URL": "s3://files/some/prefix",
        "AWS_ENDPOINT_URL": s3,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "id",
        "AWS_SECRET_ACCESS_KEY": KEY,
        "MCP_SERVERS": json.dumps({"jobs": jobs}),
        "TRANSCRIPTION_MODEL": "whisper-1",
        "TRANSCRIPTION_BASE_URL": f"{speech.url}/v1",
        "TRANSCRIPTION_API_KEY": KEY,
        **more,
    }


async def test_what_works_is_tried_and_found_to_work(tmp_path: Path, s3: str, model: Upstream) -> None:
    async with Upstream() as speech, login_service(SigningKey("one", "ES256")) as login:
        model.script(DIALECT.text("ok"))
        speech.script(json_reply(200, {"text": ""}))
        code, output = await command(tmp_path, "doctor", **configured(s3, model, speech, login.url))
        assert (login.asked, len(speech.requests), len(model.requests)) == (1, 1, 1)
    assert code == 0, output
    states = [line.split()[0] for line in output.splitlines() if line.startswith(("ok ", "FAILED", "untried"))]
    assert states.count("untried") == 1, output
    assert "FAILED" not in states
    named = ("settings", "address", "open files", "database", "attachments", "login keys", "MCP server jobs")
    for name in (*named, "transcription", "provider gemini"):
        assert any(line.startswith(f"ok      {name}") for line in output.splitlines()), name
    assert KEY not in output
    async with httpx.AsyncClient(trust_env=False) as client:
        listed = (await client.get(f"{s3}/files?list-type=2")).text
    assert "probe_" not in listed, "the file that was written to try it is gone"


async def test_a_failed_check_names_the_actor_and_the_setting(tmp_path: Path, s3: str, model: Upstream) -> None:
    servers = {
        "gone": {"command": "no-such-command"},
        "mute": {"command": sys.executable, "args": ["-c", "import time; time.sleep(60)"]},
        "away": {"url": f"{NOBODY}/mcp"},
    }
    async with Upstream() as speech, login_service() as login:
        model.always(lambda _: DIALECT.refused_key())
        speech.script(json_reply(401, {"error": {"message": "no"}}))
        more = {
            "ATTACHMENTS_URL": "s3://nothing-here",
            "MCP_SERVERS": json.dumps(servers),
            "MCP_TIMEOUT_SECONDS": "2",
            "HOST": "203.0.113.1",
            "DATABASE_URL": "postgresql://nobody:canary@127.0.0.1:9/nothing",
            "LLM_FALLBACKS": "gemini/gemini-other",
        }
        code, output = await command(tmp_path, "doctor", **configured(s3, model, speech, login.url, **more))
    assert code == 1
    wanted = {
        "address": "HOST",
        "database": "DATABASE_URL",
        "attachments": "ATTACHMENTS_URL",
        "login keys": "AUTH_JWKS_URL",
        "MCP server gone": "MCP_SERVERS",
        "MCP server mute": "MCP_SERVERS",
        "MCP server away": "MCP_SERVERS",
        "transcription": "TRANSCRIPTION_API_KEY",
        "provider gemini:": "GEMINI_API_KEY",
        "provider gemini, model gemini-other": "LLM_FALLBACKS",
    }
    for name, variable in wanted.items():
        line = line_of(output, f"FAILED  {name}")
        assert variable in line
        assert "must act" in line
    assert "no-such-command" in line_of(output, "FAILED  MCP server gone")
    assert "holds no key" in line_of(output, "FAILED  login keys")
    assert "ok      open files" in output, "what fails hides nothing else"
    assert KEY not in output
    assert "canary" not in output


@pytest.mark.parametrize("keys", [f"{NOBODY}/jwks", "{model}/no-key-set"])
async def test_a_key_set_that_is_dead_is_no_login(tmp_path: Path, model: Upstream, keys: str) -> None:
    model.always(lambda _: json_reply(404, {}))
    code, output = await command(tmp_path, "doctor", AUTH_JWKS_URL=keys.replace("{model}", model.url))
    assert code == 1
    assert "AUTH_JWKS_URL" in line_of(output, "FAILED  login keys")


async def test_what_others_may_read_is_named_with_the_command_that_closes_it(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data").chmod(0o755)
    code, output = await command(tmp_path, "doctor")
    assert code == 1
    assert "chmod go= data [" in line_of(output, "FAILED  database")
    (tmp_path / "data").chmod(0o700)
    code, output = await command(tmp_path, "doctor")
    assert code == 0, output


async def test_an_assistant_that_cannot_be_loaded_hides_nothing_else(tmp_path: Path) -> None:
    code, output = await command(tmp_path, "doctor", ASSISTANT="no_such_module:assistant", DATABASE_URL="memory://")
    assert code == 1
    assert "ASSISTANT" in line_of(output, "FAILED  assistant")
    assert "ok      database" in output


async def test_every_patch_is_listed_with_its_state(tmp_path: Path) -> None:
    for switch, state in (("on", "applied"), ("off", "off")):
        code, output = await command(tmp_path, "doctor", APP_PATCHES=switch, DATABASE_URL="memory://")
        assert code == 0, output
        for patch in REGISTER:
            wanted = state if patch.kind == "speed" else "applied"
            line = f"ok      patch {patch.name}: "
            assert line_of(output, line).startswith(f"{line}{wanted} (")
    code, output = await command(tmp_path, "doctor", APP_PATCHES="perhaps")
    assert code == USAGE
    assert "APP_PATCHES: expected on or off" in output
