"""A wrong assistant stops each way of starting with its sentences, before any model is asked."""

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from tests.chatkit_client import ChatKitClient
from tests.fakes.chat_wire import OpenAIChat
from tests.fakes.dialects import SECRET
from tests.fakes.upstream import Upstream
from tests.ports import free_port
from tests.server import ROOT, ServerProcess, running

WIRE = OpenAIChat()

WRONG = f"""
from agents import Agent, WebSearchTool, function_tool
from app.adapters.agents_sdk.assistant import Assistant

TOKEN = {SECRET!r}

def plain(): ...

@function_tool
def jobs_shout(a: int, b: int) -> int:
    "Add."
    return a + b

broken = Agent(name="Broken", tools=[plain, WebSearchTool()], model="gpt-none", instructions="Be brief.")
bot = Assistant(agent=broken, tools=[jobs_shout], start={{"greeting": TOKEN}})
"""
SENTENCES = ("agent “Broken”, tools[0]", "@function_tool", "agent “Broken”, model", "gpt-none", "start is a dict")
CLEAN = """
from agents import Agent, function_tool

@function_tool
def jobs_shout(a: int, b: int) -> int:
    "Add."
    return a + b

agent = Agent(name="Support", instructions="You are Support.", tools=[jobs_shout])
"""


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with Upstream(WIRE.guard) as upstream:
        yield upstream


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "bots").mkdir()
    (tmp_path / "bots" / "wrong.py").write_text(WRONG)
    (tmp_path / "bots" / "right.py").write_text(CLEAN)
    return tmp_path


def environment(upstream: Upstream, assistant: str, **more: str) -> Mapping[str, str]:
    return {
        "ASSISTANT": assistant,
        "LLM_PROVIDER": "openai",
        "OPENAI_API_KEY": SECRET,
        "OPENAI_BASE_URL": f"{upstream.url}/v1",
        "OPENAI_MODEL": "llama3.2",
        **more,
    }


async def run_python(folder: Path, *arguments: str, **variables: str) -> tuple[int, str]:
    """Exit code and output of a program with these variables, in memory."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *arguments),
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DATABASE_URL": "memory://", **variables},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode()


@pytest.mark.parametrize("start", ["serve", "uvicorn", "doctor"])
async def test_every_mistake_is_named_before_a_start(start: str, folder: Path, upstream: Upstream) -> None:
    variables = environment(upstream, "bots/wrong.py:bot", PORT=str(free_port()))
    if start == "doctor":
        upstream.script(WIRE.text("ok"))  # It asks the model whether it answers, and nothing else.
    ways = {
        "serve": ("-m", "app", "serve"),
        "uvicorn": ("-m", "uvicorn", "app.asgi:create", "--factory", "--port", str(free_port())),
        "doctor": ("-m", "app", "doctor"),
    }
    code, output = await run_python(folder, *ways[start], **variables)
    assert code != 0
    assert all(sentence in output for sentence in SENTENCES)
    assert "is ready" not in output
    assert SECRET not in output
    assert start == "uvicorn" or "Traceback" not in output
    assert len(upstream.requests) == (start == "doctor")


async def test_a_hosted_tool_needs_the_api_that_carries_it(folder: Path, upstream: Upstream) -> None:
    (folder / "searching.py").write_text(
        "from agents import Agent, WebSearchTool\nagent = Agent(name='Searcher', tools=[WebSearchTool()])\n"
    )
    variables = environment(upstream, "searching.py:agent")
    unable = ServerProcess(folder, variables)
    await unable.spawn()
    assert await unable.wait() == 1
    assert "agent “Searcher”, tools[0] needs web_search, which openai/llama3.2 cannot carry" in unable.log
    assert "OPENAI_API=responses" in unable.log
    async with running(folder, {**variables, "OPENAI_API": "responses"}):
        assert not upstream.requests


async def test_a_tool_of_an_mcp_server_with_the_name_of_another_stops_the_start(
    folder: Path, upstream: Upstream
) -> None:
    server = {"command": sys.executable, "args": ["-m", "tests.fakes.mcp_stdio"], "cwd": str(ROOT)}
    servers = json.dumps({"jobs": {**server, "env": {"PYTHONPATH": str(ROOT)}}})
    clashing = ServerProcess(folder, environment(upstream, "bots/right.py:agent", MCP_SERVERS=servers))
    await clashing.spawn()
    assert await clashing.wait() == 1
    assert re.search(r"MCP_SERVERS, tool jobs_shout has the tool name 'jobs_shout', as agent “Support”", clashing.log)


async def test_an_agent_in_a_file_answers(folder: Path, upstream: Upstream) -> None:
    upstream.script(WIRE.text("Here I am."))
    variables = environment(upstream, "bots/right.py:agent")
    async with running(folder, variables) as server, ChatKitClient(server.url) as client:
        assert (await client.say("Hello")).text == "Here I am."
    [request] = upstream.requests
    told = json.dumps(request.body)
    assert "You are Support." in told
    assert "Today is" not in told, "an agent's own instructions stay as they are"
    assert "jobs_shout" in told


@pytest.mark.parametrize("start", ["command", "factory"])
async def test_it_starts_beside_a_package_called_app(start: str, folder: Path, upstream: Upstream) -> None:
    (folder / "app").mkdir()
    (folder / "app" / "__init__.py").write_text("raise RuntimeError('this is not Anyport')\n")
    (folder / "app" / "bot.py").write_text(CLEAN)
    ways = {
        "command": ("-c", "from anyport import main; main()", "doctor"),
        "factory": ("-m", "uvicorn", "anyport:create", "--factory", "--port", str(free_port())),
    }
    code, output = await run_python(
        folder, *ways[start], PYTHONPATH=f"{folder}:{ROOT}", **environment(upstream, "app.bot:agent")
    )
    assert code != 0
    assert f"{folder}/app has the name of Anyport's own package" in output
