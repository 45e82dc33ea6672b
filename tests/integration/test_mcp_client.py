"""Tools of MCP servers: real programs over stdio, and a real server over HTTP."""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from app.adapters.mcp import connection, toolbox
from app.adapters.mcp.config import HttpServer, ServerConfig, StdioServer, read_servers
from app.adapters.mcp.toolbox import McpToolbox
from app.domain.errors import NotFoundError
from app.domain.identity import RequestContext
from tests.ports import free_port
from tests.server import ROOT, ServerProcess, running

ADA = RequestContext(user_id="ada")


def odd_jobs(name: str = "jobs") -> StdioServer:
    return StdioServer(
        name=name,
        command=sys.executable,
        args=["-m", "tests.fakes.mcp_stdio"],
        env={"MCP_KEY": "for the server"},
        cwd=str(ROOT),
    )


@asynccontextmanager
async def opened(*servers: ServerConfig, timeout: float = 20.0) -> AsyncGenerator[McpToolbox, None]:  # noqa: ASYNC109
    box = McpToolbox(servers, timeout=timeout)
    try:
        yield box
    finally:
        await box.aclose()


async def offered(box: McpToolbox, name: str) -> None:
    """Wait until a tool is there."""
    async with asyncio.timeout(30):
        while True:
            if name in {spec.name for spec in box.tools}:
                return
            await asyncio.sleep(0.01)


@pytest.fixture(scope="module")
async def jobs() -> AsyncGenerator[McpToolbox, None]:
    async with opened(odd_jobs(), odd_jobs("other")) as box:
        await offered(box, "jobs_shout")
        await offered(box, "other_shout")
        yield box


async def test_tools_bear_their_server_s_name(jobs: McpToolbox) -> None:
    names = [spec.name for spec in jobs.tools]
    assert len(names) == len(set(names)) == 12
    assert {"jobs_shout", "other_shout"} < set(names)
    [shout] = [spec for spec in jobs.tools if spec.name == "jobs_shout"]
    assert shout.description == "Say it louder."
    assert shout.schema["required"] == ["text"]


async def test_a_tool_is_called(jobs: McpToolbox) -> None:
    result = await jobs.call("jobs_shout", {"text": "hello"}, ADA)
    assert (result.text, result.failed) == ("HELLO", False)


async def test_a_failure_is_a_result(jobs: McpToolbox) -> None:
    failed = await jobs.call("jobs_fail", {}, ADA)
    assert failed.failed
    wrong = await jobs.call("jobs_shout", {"sound": 1}, ADA)
    assert wrong.failed
    assert not (await jobs.call("jobs_shout", {"text": "still there"}, ADA)).failed


async def test_a_result_is_bounded(jobs: McpToolbox) -> None:
    result = await jobs.call("jobs_long_story", {}, ADA)
    assert len(result.text) < connection.MAX_RESULT_CHARACTERS + 100
    assert "150000 more characters were left out" in result.text


async def test_a_program_sees_the_variables_that_are_meant_for_it_and_no_others(
    jobs: McpToolbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-for-strangers")
    async with opened(odd_jobs("fresh")) as box:
        await offered(box, "fresh_secrets")
        assert (await box.call("fresh_secrets", {}, ADA)).text == "MCP_KEY=for the server"


async def test_an_unknown_tool_is_not_found(jobs: McpToolbox) -> None:
    with pytest.raises(NotFoundError):
        await jobs.call("jobs_fly", {}, ADA)


async def test_a_call_that_takes_too_long_fails_and_others_go_on() -> None:
    async with opened(odd_jobs(), timeout=3.0) as box:
        await offered(box, "jobs_sleep")
        late, quick = await asyncio.gather(
            box.call("jobs_sleep", {}, ADA), box.call("jobs_shout", {"text": "quick"}, ADA)
        )
        assert (quick.text, quick.failed) == ("QUICK", False)
        assert late.failed


async def test_a_server_that_dies_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "INITIAL_BACKOFF", 0.0)
    async with opened(odd_jobs()) as box:
        await offered(box, "jobs_die")
        assert (await box.call("jobs_die", {}, ADA)).failed
        async with asyncio.timeout(30):
            while True:
                await offered(box, "jobs_shout")
                if not (await box.call("jobs_shout", {"text": "back"}, ADA)).failed:
                    break


async def test_a_server_that_is_down_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "INITIAL_BACKOFF", 0.2)
    monkeypatch.setattr(connection, "MAX_BACKOFF", 0.2)
    port = free_port()
    async with opened(HttpServer(name="tasks", url=f"http://127.0.0.1:{port}/mcp")) as box:
        await box.wait_for_first_attempts()
        assert box.tools == []
        server = ServerProcess(tmp_path, port=port)
        try:
            await server.start()
            await offered(box, "tasks_list_tasks")
            created = await box.call("tasks_create_task", {"title": "over there"}, ADA)
            assert not created.failed
        finally:
            await server.stop()
        assert (await box.call("tasks_list_tasks", {}, ADA)).failed


@pytest.mark.parametrize("command", ["/no/such/program", "false"])
async def test_a_program_that_does_not_run_leaves_the_others_alone(command: str) -> None:
    async with opened(StdioServer(name="broken", command=command), odd_jobs()) as box:
        await offered(box, "jobs_shout")
        assert {spec.name.partition("_")[0] for spec in box.tools} == {"jobs"}


async def test_the_start_does_not_wait_for_a_silent_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toolbox, "FIRST_ATTEMPT_SECONDS", 0.01)
    async with opened(StdioServer(name="silent", command="cat")) as box:
        await box.wait_for_first_attempts()
        assert box.tools == []


async def test_closing_ends_the_programs() -> None:
    async with opened(odd_jobs()) as box:
        await offered(box, "jobs_shout")
        mine = [child for child in psutil.Process().children() if "tests.fakes.mcp_stdio" in " ".join(child.cmdline())]
        assert mine
        before = {child.pid for child in mine}
    alive = {child.pid for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE}
    # The module's own server goes on.
    assert before - alive


async def test_headers_are_sent_and_never_logged(tmp_path: Path) -> None:
    secret = "Bearer sk-1234567890"
    async with running(tmp_path) as server:
        headers = {"authorization": "${TOKEN}", "x-request-id": "sent-by-us"}
        setting = json.dumps({"tasks": {"url": f"{server.url}/mcp", "headers": headers}})
        [config] = read_servers(setting, {"TOKEN": secret})
        assert isinstance(config, HttpServer)
        assert config.headers["authorization"] == secret
        assert secret not in repr(config)
        async with opened(config) as box:
            await offered(box, "tasks_list_tasks")
        assert "sent-by-us" in server.log
