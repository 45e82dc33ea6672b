"""No secret and no word of a user leaves, whatever goes wrong: canaries everywhere, and all output searched."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import httpx
import msgspec
import pytest

from app.adapters.stores.sql.migrations import migrate
from app.bootstrap import read_settings, setting_sections
from app.environment import Secret, variables
from app.settings import LogFormat, Settings
from tests.chatkit_client import ChatKitClient, user_input
from tests.fakes.login_service import secret_token
from tests.fakes.upstream import Upstream, json_reply
from tests.postgres import running_postgres
from tests.server import CANARY, ROOT, running

WORD = "xYzZy-user-text"
# These are addresses and documents, which hold a secret in one part.
SHAPED = {
    "DATABASE_URL": f"postgresql://ann:{CANARY}-database@127.0.0.1:1/none",
    "MCP_SERVERS": '{"far": {"url": "http://127.0.0.1:1/mcp", "headers": {"authorization": "Bearer '
    + f"{CANARY}-mcp-header"
    + '"}}, "near": {"command": "'
    + sys.executable
    + '", "args": ["-c", "pass"], "env": {"KEY": "'
    + f"{CANARY}-mcp-env"
    + '"}}}',
}
# Asked for with real parts in them.
PLACES = ("/health", "/docs/openapi.json", "/docs", "/", "/hosted", "/config.json", "/api/tasks", "/api/usage")


def planted() -> dict[str, str]:
    """A canary in every variable that is secret, each with a name of its own."""
    names = [
        name for section in setting_sections().values() for v in variables(section) if v.secret for name in v.names
    ]
    assert {"JWT_SECRET", "SESSION_SECRET", "GEMINI_API_KEY", "OPENAI_API_KEY", "DATABASE_URL"} <= set(names)
    return {name: SHAPED.get(name, f"{CANARY}-{name}-0123456789abcdefghijklmnopqrstuvwxyz") for name in names}


async def output_of(folder: Path, environment: Mapping[str, str], *command: str) -> str:
    """What a command prints, on both sides."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "app", *command),
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return output.decode()


async def walk(url: str, secrets: Mapping[str, str]) -> str:
    """Every answer to good and bad requests, heads and bodies."""
    token = secret_token(key=secrets["JWT_SECRET"], sub="ann", aud=None, iss=None)
    seen: list[str] = []

    async def note(response: httpx.Response) -> None:
        await response.aread()
        seen.append(f"{response.status_code} {response.headers} {response.text}")

    async with ChatKitClient(url, {"authorization": f"Bearer {token}"}) as client:
        client.http.event_hooks["response"] = [note]
        for place in (*PLACES, f"/nowhere/{WORD}", f"/api/tasks?limit={WORD}"):
            await client.http.get(place)
        document = (await client.http.get("/docs/openapi.json")).json()
        for path, item in document["paths"].items():
            for method in item:
                if path != "/api/events":
                    await client.http.request(method, path.replace("{", "").replace("}", ""), json={"x": WORD})
        # The user's own words may come back to them in the answer, so they are said here without being read.
        for body in (b"{", b"\xff", f'{{"type":"{WORD}"}}'.encode(), b"[" * 5000):
            await client.http.post("/chatkit", content=body)
            await client.http.post("/chatkit/api", content=body)
        wrong = {"authorization": f"Bearer {secret_token(key=CANARY * 4)}"}
        await client.http.post("/chatkit", json={}, headers=wrong)
    return "\n".join(seen)


def test_the_settings_show_no_secret() -> None:
    secrets = {**planted(), "LLM_PROVIDER": "demo"}
    settings = read_settings(secrets)
    assert CANARY in settings.store.database_url.reveal()
    for shown in (repr(settings), str(settings), f"{settings}", repr(settings.mcp_servers), repr(vars_of(settings))):
        assert CANARY not in shown


def vars_of(settings: Settings) -> list[object]:
    """Each section by itself, and each setting of it."""
    sections = [*msgspec.structs.asdict(settings).values(), *settings.providers.values()]
    parts = [part for part in sections if isinstance(part, msgspec.Struct)]
    return [*sections, *(msgspec.structs.asdict(part) for part in parts)]


@pytest.mark.parametrize("form", LogFormat)
async def test_a_working_server_prints_no_secret(tmp_path: Path, form: LogFormat) -> None:
    secrets = {**planted(), "DATABASE_URL": "memory://"}
    async with Upstream() as upstream:
        # An upstream that repeats the key and the prompt in its refusal, as some do.
        upstream.always(
            json_reply(401, {"error": {"message": f"bad key {secrets['GEMINI_API_KEY']} for {WORD}", "code": 401}})
        )
        environment = {
            **secrets,
            "LLM_PROVIDER": "gemini",
            "GEMINI_BASE_URL": upstream.url,
            "LLM_RETRIES": "0",
            "APP_LOG_LEVEL": "debug",
            "LOG_FORMAT": form,
        }
        async with running(tmp_path, environment) as server:
            seen = await walk(server.url, secrets)
            token = secret_token(key=secrets["JWT_SECRET"], sub="ann", aud=None, iss=None)
            async with ChatKitClient(server.url, {"authorization": f"Bearer {token}"}) as client:
                exchange = await client.say(f"Please say {WORD}")
                seen += str(exchange.error)
        assert upstream.requests
        for command in (("settings",), ("doctor",), ("providers", "--no-check")):
            seen += await output_of(tmp_path, environment, *command)
    assert exchange.error is not None
    assert "ok      settings" in seen
    assert CANARY not in seen + server.log
    assert WORD not in server.log.replace(f"/nowhere/{WORD}", "")


@pytest.mark.parametrize("form", LogFormat)
async def test_an_address_is_shown_without_its_password(tmp_path: Path, form: LogFormat) -> None:
    async with Upstream() as upstream:
        upstream.always(json_reply(401, {"error": {"message": f"bad password {CANARY}", "code": "invalid"}}))
        host = upstream.url.partition("://")[2]
        here = upstream.url.replace("://", f"://ann:{CANARY}-pass'@word@")
        environment = {
            **dict.fromkeys(
                ("GEMINI_API_KEY", "OPENAI_API_KEY", "TRANSCRIPTION_API_KEY", "AWS_SECRET_ACCESS_KEY"), "key"
            ),
            **dict.fromkeys(("GEMINI_BASE_URL", "OPENAI_BASE_URL", "TRANSCRIPTION_BASE_URL", "AWS_ENDPOINT_URL"), here),
            "AWS_ACCESS_KEY_ID": "key",
            "MCP_SERVERS": msgspec.json.encode({"far": {"url": f"{here}/mcp"}}).decode(),
            "TRANSCRIPTION_MODEL": "whisper-1",
            "LLM_PROVIDER": "gemini",
            "LLM_FALLBACKS": "openai/any",
            "LLM_RETRIES": "0",
            "APP_LOG_LEVEL": "debug",
            "LOG_FORMAT": form,
        }
        async with running(tmp_path, environment) as server, ChatKitClient(server.url) as client:
            await client.say("hello")
            dictation = {"audio_base64": "AA==", "mime_type": "audio/webm"}
            answer = await client.http.post("/chatkit", json={"type": "input.transcribe", "params": dictation})
            assert answer.status_code == 502
        environment |= {"ATTACHMENTS_URL": "s3://files", "AUTH_JWKS_URL": f"{here}/jwks"}
        doctor = await output_of(tmp_path, environment, "doctor")
        providers = await output_of(tmp_path, environment, "providers")
    assert "base_url" in server.log
    for shown in (server.log, doctor):
        assert host in shown, "the address itself helps an operator"
    assert doctor.count("FAILED") == 6, doctor
    assert CANARY not in server.log + doctor + providers


async def test_a_server_whose_store_is_gone_prints_no_secret(tmp_path: Path) -> None:
    secrets = planted()
    for command in (("serve",), ("doctor",), ("migrate",), ("export", "ann"), ("settings",)):
        output = await output_of(tmp_path, {**secrets, "LLM_PROVIDER": "demo"}, *command)
        assert output
        assert CANARY not in output


async def test_a_store_that_is_lost_under_a_running_server_prints_no_secret(tmp_path: Path) -> None:
    async with running_postgres() as postgres:
        url = postgres.url().replace("postgres@", f"postgres:{CANARY}-database@")
        await migrate(Secret(url))
        secrets = {**planted(), "DATABASE_URL": url, "LLM_PROVIDER": "demo", "SAVE_RETRY_SECONDS": "0"}
        async with running(tmp_path, secrets) as server:
            seen = await outage(server.url, secrets, postgres.stop)
            assert "503 " in seen
            assert CANARY not in seen + server.log
            assert WORD not in server.log.replace(f"/nowhere/{WORD}", "")


async def outage(url: str, secrets: Mapping[str, str], begin: Callable[[], Awaitable[None]]) -> str:
    """Every answer from the moment on that the store is gone, which is in the middle of one."""
    token = secret_token(key=secrets["JWT_SECRET"], sub="ann", aud=None, iss=None)
    async with ChatKitClient(url, {"authorization": f"Bearer {token}"}) as client:
        told: list[str] = []
        async for event in client.stream("threads.create", input=user_input(f"Please say {WORD}")):
            if not told:
                await begin()
            told.append(event.model_dump_json())
    return "".join(told) + await walk(url, secrets)


async def test_mistakes_in_the_settings_print_no_secret(tmp_path: Path) -> None:
    broken = {name: f"{CANARY} \x01{name}" for name in planted()}
    output = await output_of(tmp_path, {**broken, "JWT_SECRET": CANARY, "PORT": "x"}, "serve")
    assert "JWT_SECRET" in output
    assert "DATABASE_URL" in output
    assert CANARY not in output
