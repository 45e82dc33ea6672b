"""`assistant check`: an exit code and a report, in a process that may neither connect nor open a database."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.test_assistant_start import run_python
from tests.fakes.dialects import SECRET

GUARD = """
import sys

def refuse(event, arguments):
    if event in {"socket.connect", "socket.bind", "socket.getaddrinfo", "sqlite3.connect"}:
        raise PermissionError(f"refused: {event}")

sys.addaudithook(refuse)
from app.__main__ import main
main()
"""

DESK = f"""
import os
from agents import (
    Agent, GuardrailFunctionOutput, HostedMCPTool, WebSearchTool, function_tool, handoff, input_guardrail
)
from pydantic import BaseModel
from app.adapters.agents_sdk.assistant import Assistant
from app.domain.start_screen import Prompt, StartScreen

print("a line of the module")
TOKEN = {SECRET!r}

class Ticket(BaseModel):
    title: str

@function_tool(needs_approval=True)
def refund(order: str) -> str:
    "Pay back."
    return order

@function_tool(is_enabled=lambda context, agent: True)
def find(order: str) -> str:
    "Find."
    return order

@input_guardrail
def calm(context, agent, text):
    return GuardrailFunctionOutput(output_info=None, tripwire_triggered=False)

writer = Agent(name="Writer", instructions=f"Write with {{TOKEN}}.", output_type=Ticket)
clerk = Agent(name="Clerk", tools=[refund])
searcher = Agent(name="Searcher", tools=[
    WebSearchTool(),
    HostedMCPTool(tool_config={{"type": "mcp", "server_label": "wiki", "server_url": "https://example.com",
                               "authorization": TOKEN, "require_approval": "never"}}),
])
desk = Agent(
    name="Front desk",
    instructions=lambda context, agent: "Sort.",
    tools=[find, searcher.as_tool("search", "Searches.")],
    handoffs=[clerk, handoff(writer)],
    input_guardrails=[calm],
)
bot = Assistant(agent=desk, tracked=frozenset({{"no_such_tool"}}),
                start=StartScreen(greeting="Hello", prompts=[Prompt(label="a", prompt="b")]))
plain = Agent(name="Plain", tools=[find])
named = Agent(name="Named", model="gpt-none")
async def respond(thread, item, context):
    yield None
class Server:
    pass
server = Server()
"""
RESPONSES = {"OPENAI_API_KEY": SECRET, "OPENAI_API": "responses", "OPENAI_MODEL": "gpt-5"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "desk.py").write_text(DESK)
    (tmp_path / "calls.py").write_text(
        "import socket\nfrom agents import Agent\n"
        "socket.create_connection(('127.0.0.1', 9))\nagent = Agent(name='Calls')\n"
    )
    return tmp_path


def files_in(folder: Path) -> list[Path]:
    """All files of a folder."""
    return sorted(folder.iterdir())


async def checked(folder: Path, *arguments: str, **variables: str) -> tuple[int, str]:
    """Exit code and output; no process may print a secret, or leave a file beside the module's own."""
    (folder / "guard.py").write_text(GUARD)
    more = {"DATABASE_URL": "sqlite:///data.db", "PYTHONDONTWRITEBYTECODE": "1", **variables}
    before = files_in(folder)
    code, output = await run_python(folder, "guard.py", "assistant", "check", *arguments, **more)
    assert SECRET not in output
    assert "Traceback" not in output
    assert files_in(folder) == before, "no database, and nothing else"
    return code, output


async def as_data(folder: Path, *arguments: str, **variables: str) -> tuple[int, Mapping[str, Any]]:
    """Exit code and the printed object, which follows what the module prints to standard error."""
    code, output = await checked(folder, *arguments, "--json", **variables)
    return code, json.loads(output[output.index("{\n") :])


async def test_a_report_names_each_part_and_asks_nobody(folder: Path) -> None:
    code, output = await checked(folder, "desk.py:bot", **RESPONSES)
    assert code == 0, output
    lines = [" ".join(line.split()) for line in output.splitlines()]
    for line in (
        "form an Assistant",
        "Agent “Front desk”, which each turn starts at",
        "instructions <lambda> a function, called for each request",
        "function tool find a function switches it on and off",
        "agent as tool search runs agent “Searcher”",
        "handoff transfer_to_clerk agent “Clerk”",
        "transfer_to_writer agent “Writer”",
        "input guardrail calm while the model answers",
        "function tool refund the user must approve",
        "hosted tool web_search",
        "hosted_mcp wiki",
        "output type Ticket",
        "start screen a greeting and 1 prompt",
        "✓ web_search: openai/gpt-5",
        "It can be served: ASSISTANT=desk.py:bot anyport serve",
    ):
        assert any(line in found for found in lines), line
    assert "tracked names 'no_such_tool'" in output
    assert "agent “Writer” answers with Ticket" in output
    place = next(number for number, text in enumerate(DESK.splitlines(), 1) if text.startswith("bot ="))
    assert f"desk.py, line {place}" in output
    assert max(map(len, output.splitlines())) <= 110


async def test_brought_code_is_described_by_its_form_and_the_agents_of_its_module(folder: Path) -> None:
    code, found = await as_data(folder, "desk.py:respond", LLM_PROVIDER="gemini", GEMINI_API_KEY=SECRET)
    assert (code, found["facts"]["name"]) == (0, "respond")
    assert "respond(thread, item, context)" in found["facts"]["form"]
    assert {agent["name"] for agent in found["facts"]["agents"]} >= {"Front desk", "Searcher", "Named"}
    assert found["works"]
    assert any("agent “Named”" in warning and "gpt-none" in warning for warning in found["warnings"])
    assert any("cannot carry web_search" in warning for warning in found["warnings"])


async def test_a_machine_reads_the_same(folder: Path) -> None:
    code, found = await as_data(folder, "desk.py:bot", **RESPONSES)
    assert (code, found["servable"], found["problems"]) == (0, True, [])
    assert [agent["name"] for agent in found["facts"]["agents"]] == ["Front desk", "Clerk", "Writer", "Searcher"]
    assert [model["id"] for model in found["models"]] == ["openai/gpt-5"]
    code, found = await as_data(folder, "desk.py:bot")
    assert (code, found["servable"]) == (1, False)
    assert {problem["actor"] for problem in found["problems"]} == {"author or operator"}
    assert "needs web_search, which demo/demo cannot carry" in found["problems"][0]["text"]
    assert "agent “Searcher”" in found["problems"][0]["text"]


async def test_the_assistant_of_the_environment_is_checked_without_a_name(folder: Path) -> None:
    code, output = await checked(folder, ASSISTANT="desk.py:plain", LLM_PROVIDER="gemini", GEMINI_API_KEY=SECRET)
    assert code == 0, output
    assert "an agent of the Agents SDK" in output
    assert "gemini/" in output
    code, output = await checked(folder)
    assert code == 0, output
    assert "Task assistant" in output
    assert "demo/demo follows a script" in output


@pytest.mark.parametrize(
    ("name", "variables", "sentence", "actor"),
    [
        ("desk.py:named", {}, "'gpt-none', which no provider has", "author or operator"),
        ("desk.py:dessk", {}, "Did you mean desk?", "author or operator"),
        ("desk.py:server", {}, "expected", "author or operator"),
        ("desk", {}, "expected tasks or package.module:name", "operator"),
        ("desk.py:plain", {"LLM_PROVIDER": "gemini"}, "GEMINI_API_KEY is not set", "operator"),
        ("calls.py:agent", {}, "PermissionError: refused: socket.", "author or operator"),
    ],
)
async def test_what_cannot_be_served_says_who_must_act(
    name: str, variables: Mapping[str, str], sentence: str, actor: str, folder: Path
) -> None:
    code, found = await as_data(folder, name, **variables)
    assert (code, found["servable"]) == (1, False)
    [problem] = found["problems"]
    assert sentence in problem["text"]
    assert problem["actor"] == actor
    if name == "desk.py:plain":
        assert found["facts"]["name"] == "Plain", "wrong settings do not hide what the assistant is"
