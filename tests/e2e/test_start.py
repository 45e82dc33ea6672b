"""Start of the server: its log, its errors, and its stop."""

import asyncio
import re
import signal
from pathlib import Path

import psutil
import pytest

from tests.chatkit_client import ChatKitClient, user_input
from tests.ports import free_port
from tests.server import ROOT, ServerProcess, running

ASSISTANT = """
from app.adapters.agents_sdk.assistant import Assistant
assistant = Assistant(name="Impatient", instructions="Wait for nothing.")
"""


async def refused(folder: Path, environment: dict[str, str]) -> str:
    """Return the log of a server that does not start."""
    server = ServerProcess(folder, environment)
    await server.spawn()
    assert await server.wait() == 2, server.log
    assert "Traceback" not in server.log
    return server.log


async def test_an_empty_environment_runs_on_demo_and_sqlite_and_says_so(tmp_path: Path) -> None:
    async with running(tmp_path, fresh=True) as server:
        [line] = [line for line in server.log.splitlines() if "Anyport is ready" in line]
    assert server.url in line
    assert "provider=demo" in line
    assert "sqlite:///data/anyport.db" in line
    assert (tmp_path / "data" / "anyport.db").exists()


async def test_port_zero_is_a_free_port_that_the_log_names(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, {"PORT": "0"})
    await server.spawn()
    async with asyncio.timeout(60):
        while True:
            if found := re.search(r"Anyport is ready.* url=(\S+)", server.log):
                break
            await asyncio.sleep(0.05)
    async with ChatKitClient(found[1]) as client:
        assert (await client.say("Hello")).text
    await server.stop()


async def test_it_listens_on_loopback_only(server: ServerProcess) -> None:
    connections = psutil.Process(server.pid).net_connections(kind="inet")
    listening = [connection.laddr for connection in connections if connection.status == psutil.CONN_LISTEN]
    assert listening == [("127.0.0.1", server.port)]


@pytest.mark.parametrize("with_signal", [signal.SIGTERM, signal.SIGINT])
async def test_it_stops_cleanly(tmp_path: Path, with_signal: signal.Signals) -> None:
    server = await ServerProcess(tmp_path, fresh=True).start()
    code = await server.stop(with_signal)
    assert code in (0, -with_signal), server.log
    assert "Traceback" not in server.log


async def test_a_signal_ends_a_start_that_is_under_way(tmp_path: Path) -> None:
    """The module of the assistant is imported while the server starts: the signal comes in the middle of it."""
    for number in (signal.SIGTERM, signal.SIGINT):
        (tmp_path / "impatient.py").write_text(f"import os\nos.kill(os.getpid(), {int(number)})\n{ASSISTANT}")
        server = ServerProcess(tmp_path, {"ASSISTANT": "impatient:assistant", "PYTHONPATH": str(tmp_path)})
        await server.spawn()
        assert await server.wait() == 0, server.log
        assert "Traceback" not in server.log


async def test_another_server_can_carry_the_application(tmp_path: Path) -> None:
    port = free_port()
    command = ("uvicorn", "app.asgi:create", "--factory", "--port", str(port))
    server = await ServerProcess(tmp_path, {"DEMO_DELAY_MS": "1"}, port=port, command=command).start()
    async with ChatKitClient(server.url) as client:
        said = await client.say("Hello")
    assert said.text
    assert await server.stop() in (0, -signal.SIGTERM), server.log
    assert "Traceback" not in server.log


async def test_a_stop_in_the_middle_of_an_answer_stores_the_text_so_far(tmp_path: Path) -> None:
    server = await ServerProcess(tmp_path, {"DEMO_DELAY_MS": "20", "SHUTDOWN_GRACE_SECONDS": "0.2"}).start()
    thread, deltas = "", 0
    async with ChatKitClient(server.url) as client:
        stream = client.stream("threads.create", input=user_input("count to 1000"))
        async for event in stream:
            thread = thread or getattr(getattr(event, "thread", None), "id", "")
            deltas += hasattr(getattr(event, "update", None), "delta")
            if deltas == 5:
                break
        await server.stop()
        await stream.aclose()
    async with running(tmp_path) as again, ChatKitClient(again.url) as client:
        page = await client.call("items.list", thread_id=thread, order="asc")
    assert [item["type"] for item in page["data"]] == ["user_message", "assistant_message", "task"]
    assert page["data"][1]["content"][0]["text"]
    assert [item["incomplete_details"]["reason"] for item in page["data"][1:]] == ["interrupted"] * 2


async def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    log = await refused(
        tmp_path,
        {
            "LLM_PROVIDER": "skynet",
            "GEMINI_BASE_URL": "not a url",
            "PORT": "eighty",
            "DATABASE_URL": "mongodb://somewhere",
            "APP_LOG_LEVEL": "loud",
        },
    )
    for name in ("LLM_PROVIDER", "GEMINI_BASE_URL", "PORT", "DATABASE_URL", "APP_LOG_LEVEL"):
        assert name in log


@pytest.mark.parametrize(
    ("provider", "variable", "where"),
    [
        ("gemini", "GEMINI_API_KEY", "aistudio.google.com"),
        ("openai", "OPENAI_API_KEY", "platform.openai.com"),
        ("litellm", "LITELLM_MODEL", "litellm"),
    ],
)
async def test_a_provider_without_its_key_says_which_and_where(
    tmp_path: Path, provider: str, variable: str, where: str
) -> None:
    log = await refused(tmp_path, {"LLM_PROVIDER": provider})
    assert variable in log
    assert where in log


@pytest.mark.parametrize(
    ("environment", "provider"),
    [
        ({}, "demo"),
        ({"GEMINI_API_KEY": "canary-key"}, "gemini"),
        ({"GOOGLE_API_KEY": "canary-key"}, "gemini"),
        ({"OPENAI_API_KEY": "canary-key"}, "openai"),
        ({"GEMINI_API_KEY": "canary-key", "OPENAI_API_KEY": "canary-key"}, "gemini"),
        ({"OPENROUTER_API_KEY": "canary-key"}, "litellm"),
        ({"OPENROUTER_API_KEY": "canary-key", "LLM_PROVIDER": "demo"}, "demo"),
    ],
)
async def test_the_key_that_is_there_chooses_the_provider_and_is_never_logged(
    tmp_path: Path, environment: dict[str, str], provider: str
) -> None:
    async with running(tmp_path, environment) as server, ChatKitClient(server.url) as client:
        assert (await client.http.get("/health")).json()["provider"] == provider
    assert "canary-key" not in server.log
    [line] = [line for line in server.log.splitlines() if "Model factory initialized" in line]
    assert f"provider={provider}" in line
    assert "model=" in line
    assert "base_url=" in line


async def test_with_gemini_there_is_no_word_of_litellm(tmp_path: Path) -> None:
    async with running(tmp_path, {"GEMINI_API_KEY": "k", "APP_LOG_LEVEL": "debug"}) as server:
        pass
    assert "litellm" not in server.log.lower()
    assert "openrouter" not in server.log.lower()


async def test_a_port_in_use_is_reported_in_one_line(tmp_path: Path, server: ServerProcess) -> None:
    second = ServerProcess(tmp_path, port=server.port)
    await second.spawn()
    assert await second.wait() == 1
    assert "PORT" in second.log
    assert "Traceback" not in second.log


async def test_a_server_that_cannot_load_its_libraries_stops(tmp_path: Path) -> None:
    """The server listens before the failure, because libraries are imported lazily."""
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['agents.run'] = None\n")
    server = ServerProcess(tmp_path, {"PYTHONPATH": f"{tmp_path}:{ROOT}", "APP_PATCHES": "on"})
    await server.spawn()
    assert await server.wait() == 1
    assert "Anyport is ready" in server.log
    assert "server unable to answer" in server.log
    assert "agents.run" in server.log


async def test_settings_may_stand_in_a_dotenv_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DATABASE_URL=memory://\n")
    async with running(tmp_path) as server, ChatKitClient(server.url) as client:
        assert (await client.http.get("/health")).json()["store"] == "memory"
