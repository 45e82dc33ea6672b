"""Traces, over HTTP: the processors of an assistant's module hear every run, and OpenAI none unless it is chosen."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.chatkit_client import ChatKitClient
from tests.fakes.chat_wire import OpenAIChat
from tests.fakes.dialects import SECRET, Call
from tests.fakes.upstream import Upstream
from tests.server import ServerProcess, running

WIRE = OpenAIChat()


@asynccontextmanager
async def chat(folder: Path, proxy: Upstream, **settings: str) -> AsyncGenerator[tuple[ChatKitClient, Upstream]]:
    """A chat whose traces would leave through the proxy."""
    async with Upstream(WIRE.guard) as upstream:
        environment = {
            "ASSISTANT": "tests.assistants.traced:lead",
            "OPENAI_API_KEY": SECRET,
            "OPENAI_BASE_URL": f"{upstream.url}/v1",
            "OPENAI_MODEL": "llama3.2",
            "HTTPS_PROXY": proxy.url,
            "NO_PROXY": "127.0.0.1",
            "DIARY": str(folder / "diary"),
            **settings,
        }
        async with running(folder, environment) as server, ChatKitClient(server.url) as client:
            yield client, upstream


def lines(folder: Path) -> list[list[str]]:
    """What the processor wrote."""
    return [line.split() for line in (folder / "diary").read_text().splitlines()]


async def test_processors_of_the_module_hear_every_run_and_openai_none(tmp_path: Path) -> None:
    async with Upstream() as proxy, chat(tmp_path, proxy) as (client, upstream):
        upstream.script(
            WIRE.calls(Call("inquire", {})),
            WIRE.text("A"),
            WIRE.calls(Call("help", {"input": "hello"})),
            WIRE.text("B"),
            WIRE.calls(Call("transfer_to_deputy", {})),
            WIRE.text("Done."),
        )
        exchange = await client.say("Go.")
        assert exchange.text == "Done."
        upstream.script(WIRE.text("Again."))
        await client.say("Again.", exchange.thread_id)
    found = lines(tmp_path)
    begun = [words for words in found if words[0] == "trace"]
    assert [words[1:3] for words in begun] == [["Lead", exchange.thread_id]] * 2, "one trace a turn, one group a thread"
    first = begun[0][3]
    spans = [words[1:3] for words in found if words[0] == "span" and words[-1] == first]
    agents = [name for kind, name in spans if kind == "agent"]
    assert sorted(agents) == ["Deputy", "Helper", "Helper", "Lead"]
    assert ["handoff", "None"] in spans
    assert [name for kind, name in spans if kind == "function"] == ["inquire", "help"]
    assert sum(kind == "generation" for kind, _ in spans) == 6
    assert [words[0] for words in found].count("end") == 2
    assert proxy.connections == 0, "neither the default exporter nor one that the module asks for"


async def test_openai_gets_traces_when_the_operator_chose_it(tmp_path: Path) -> None:
    async with Upstream() as proxy, chat(tmp_path, proxy, TRACING="openai") as (client, upstream):
        upstream.script(WIRE.calls(Call("inquire", {})), WIRE.text("A"), WIRE.text("Done."))
        assert (await client.say("Go.")).text == "Done."
        await proxy.received(1)
        assert proxy.requests[0].method == "CONNECT"
    assert any(words[0] == "trace" for words in lines(tmp_path)), "besides the module's own"


@pytest.mark.parametrize(
    ("tracing", "key", "reason"), [("openai", "", "OPENAI_API_KEY"), ("on", SECRET, "off or openai")]
)
async def test_tracing_without_a_key_or_to_nowhere_stops_the_start(
    tmp_path: Path, tracing: str, key: str, reason: str
) -> None:
    server = ServerProcess(tmp_path, {"TRACING": tracing, "OPENAI_API_KEY": key, "LLM_PROVIDER": "demo"})
    await server.spawn()
    assert await server.wait() == 2
    assert "TRACING" in server.log
    assert reason in server.log
