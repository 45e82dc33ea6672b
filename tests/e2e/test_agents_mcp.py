"""MCP servers on an agent, in a real server: connected at the start, again after their death, and closed at the end."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.chatkit_client import ChatKitClient
from tests.e2e.test_agents_guardrails import WIRE, settings
from tests.fakes.dialects import Call
from tests.fakes.upstream import Upstream
from tests.server import ServerProcess, running


def programs(server: ServerProcess) -> list[psutil.Process]:
    """The MCP servers that this server runs."""
    found = []
    for child in psutil.Process(server.pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if "tests.fakes.mcp_stdio" in " ".join(child.cmdline()):
                found.append(child)
    return found


@pytest.fixture
async def upstream() -> AsyncGenerator[Upstream, None]:
    async with Upstream(WIRE.guard) as upstream:
        yield upstream


async def test_servers_are_connected_at_the_start_again_after_their_death_and_closed_at_the_end(
    tmp_path: Path, upstream: Upstream
) -> None:
    async with running(tmp_path / "remote", _remote(tmp_path)) as remote:
        environment = settings(
            upstream,
            ASSISTANT="tests.assistants.odd_jobs:odd_jobs",
            DATABASE_URL="memory://",
            REMOTE_MCP=f"{remote.url}/mcp",
        )
        async with running(tmp_path, environment) as server, ChatKitClient(server.url) as client:
            [program] = programs(server)
            assert "no jobs" in server.log

            upstream.script(WIRE.calls(Call("shout", {"text": "hey"})), WIRE.text("It said HEY."))
            exchange = await client.say("Shout.")
            assert exchange.text == "It said HEY."
            assert "HEY" in json.dumps(upstream.requests[-1].body)

            program.kill()
            await asyncio.to_thread(psutil.wait_procs, [program], 10)
            upstream.script(WIRE.calls(Call("shout", {"text": "again"})), WIRE.text("It said AGAIN."))
            assert (await client.say("Shout.", exchange.thread_id)).text == "It said AGAIN."
            assert "AGAIN" in json.dumps(upstream.requests[-1].body)
            [program] = programs(server)

            upstream.script(WIRE.calls(Call("die", {})), WIRE.text("It went away."))
            assert (await client.say("Die.", exchange.thread_id)).text == "It went away."

            upstream.script(WIRE.calls(Call("transfer_to_lost", {})))
            failed = await client.say("Ask the lost one.", exchange.thread_id)
            assert "“no jobs” cannot be reached" in (failed.error.message or "" if failed.error else "")

            upstream.script(WIRE.calls(Call("transfer_to_far", {})), WIRE.text("Here."))
            assert (await client.say("Ask the far one.", exchange.thread_id)).text == "Here."
            offered = [tool["function"]["name"] for tool in upstream.requests[-1].body["tools"]]
            assert "create_task" in offered

            upstream.script(WIRE.text("Good day."))
            assert (await client.say("Hello!", exchange.thread_id)).text == "Good day."
            [program] = programs(server)
        assert not program.is_running()


def _remote(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "remote").mkdir()
    return {"LLM_PROVIDER": "demo", "DATABASE_URL": "memory://"}
