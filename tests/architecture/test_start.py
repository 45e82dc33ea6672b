"""Imports of a start, and those that are left to their first use."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import pytest

from app.patches.lean_imports import LAZY, OPTIONAL
from tests.server import ROOT

# As `serve` does it; prints what is imported when it would listen, and once the first answer is prepared.
START = """
import asyncio, json, os, sys
from app.patches.lazy_imports import is_whole
from app.patches.lean_imports import LAZY, lean_imports

with lean_imports():
    import app.command_line
    from app import bootstrap
    from app.application.turns.registry import TurnRegistry
    from app.entrypoints.cli import serve
    from app.ports.agent_runner import AgentRunner

async def start():
    told = {"LLM_PROVIDER": "gemini", "GEMINI_API_KEY": "none", "APP_LOG_LEVEL": "error"}
    settings = bootstrap.read_settings({**os.environ, **told})
    container = bootstrap.make_container(settings)
    await container.get(TurnRegistry)
    bootstrap.make_app(container, settings)
    imported = list(sys.modules)
    await (await container.get(AgentRunner)).warm()
    await container.close()
    return imported

imported = asyncio.run(start())
whole = [name for name in LAZY if name in sys.modules and is_whole(sys.modules[name])]
print(json.dumps({"imported": imported, "prepared": list(sys.modules), "whole": whole}))
"""

# Every name of every lazy package, compared with what the package has when it is run as it is.
NAMES = """
import importlib, json, sys
from app.patches.lazy_imports import exports
from app.patches.lean_imports import LAZY, lean_imports

with lean_imports():
    import app.bootstrap

wrong, count = [], 0
for package in sorted(LAZY):
    lazy = importlib.import_module(package)
    names = [name for name in exports(package, lazy.__spec__.loader.get_source(package)) if name != "*"]
    served = {name: getattr(lazy, name) for name in names}
    wrong += [f"{package}.{name}" for name in names if vars(lazy)[name] is not served[name]]
    count += len(names)
print(json.dumps({"wrong": wrong, "count": count}))
"""

# An agent with an MCP server of the SDK's own, run with the SDK's names as a start leaves them.
MCP = """
import asyncio, json, sys
from app.patches.lean_imports import lean_imports

with lean_imports():
    import app.command_line
    import app.adapters.agents_sdk.runner

from agents import Agent, Model, ModelResponse, RunConfig, Runner, Usage
from agents.mcp import MCPServerStdio
from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage, ResponseOutputText
from app.patches import agent_identity

class Shouting(Model):
    async def get_response(self, system_instructions, input, *_, **__):
        outputs = [item["output"] for item in input if item.get("type") == "function_call_output"]
        if outputs:
            text = ResponseOutputText(type="output_text", text=json.dumps(outputs), annotations=[])
            item = ResponseOutputMessage(id="m", type="message", role="assistant", status="completed", content=[text])
        else:
            arguments = json.dumps({"text": "hey"})
            item = ResponseFunctionToolCall(type="function_call", call_id="c", name="shout", arguments=arguments)
        return ModelResponse(output=[item], usage=Usage(), response_id=None)

    def stream_response(self, *_, **__):
        raise NotImplementedError

async def ask():
    agent_identity.apply()
    async with MCPServerStdio({"command": sys.executable, "args": ["-m", "tests.fakes.mcp_stdio"]}) as server:
        agent = Agent("A", model=Shouting(), mcp_servers=[server])
        asked = [{"role": "user", "content": "hey"}]
        result = await Runner.run(agent, asked, run_config=RunConfig(tracing_disabled=True))
        return result.final_output

print(json.dumps({"answer": asyncio.run(ask())}))
"""

# What is not as its library made it, once the program is imported.
WHOLE = """
import json, sys
from app.patches.lazy_imports import is_whole
from app.patches.lean_imports import LAZY, lean_imports

with lean_imports(env_file="{file}"):
    import app.command_line

lazy = sorted(name for name in LAZY if name in sys.modules and not is_whole(sys.modules[name]))
print(json.dumps(dict(lazy=lazy, advanced_alchemy="advanced_alchemy" in sys.modules)))
"""

NOT_CHOSEN = {
    *OPTIONAL,
    "advanced_alchemy",
    "alembic",
    "asyncpg",
    "cryptography",
    "litellm",
    "opentelemetry.sdk",
    "polyfactory",
    "pydantic.v1",
    "sqlalchemy.orm",
}


async def printed_by(program: str, folder: Path, **environment: str) -> dict[str, Any]:
    """What a program prints as JSON, in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        program,
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), **environment},
        stdout=PIPE,
        stderr=PIPE,
    )
    output, complaints = await process.communicate()
    assert process.returncode == 0, complaints.decode()
    printed: dict[str, Any] = json.loads(output.splitlines()[-1])
    return printed


@pytest.fixture(scope="module")
async def started(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A second start in the same folder: the first one makes the database."""
    folder = tmp_path_factory.mktemp("start")
    await printed_by(START, folder)
    return await printed_by(START, folder)


async def test_what_is_not_chosen_is_not_imported(started: dict[str, Any], tmp_path: Path) -> None:
    assert NOT_CHOSEN & set(started["prepared"]) == set()
    in_memory = await printed_by(START, tmp_path, DATABASE_URL="memory://")
    assert NOT_CHOSEN & set(in_memory["prepared"]) == set()


async def test_what_only_an_answer_needs_is_imported_once_the_server_listens(started: dict[str, Any]) -> None:
    for name in ("agents.run", "agents.sandbox", "app.adapters.agents_sdk.runner"):
        assert name not in started["imported"]
        assert name in started["prepared"]


async def test_no_lazy_package_had_to_run_as_a_whole(started: dict[str, Any]) -> None:
    """Else a library has changed, and nothing is gained from it any more."""
    assert started["whole"] == []
    assert set(LAZY) & set(started["imported"])


async def test_lazy_packages_serve_the_names_that_they_have(tmp_path: Path) -> None:
    served = await printed_by(NAMES, tmp_path)
    assert served["wrong"] == []
    assert served["count"] > 500


@pytest.mark.parametrize("patches", ["on", "off"])
async def test_an_agent_with_an_mcp_server_of_the_sdk_answers(tmp_path: Path, patches: str) -> None:
    told = await printed_by(MCP, tmp_path, APP_PATCHES=patches)
    assert "HEY" in told["answer"]


async def test_with_patches_off_libraries_are_imported_as_they_are(tmp_path: Path) -> None:
    """From the environment, and from a file that is read before anything is imported."""
    program = WHOLE.format(file="")
    assert await printed_by(program, tmp_path, APP_PATCHES="off") == {"lazy": [], "advanced_alchemy": True}
    (tmp_path / ".env").write_text("APP_PATCHES=off\n")
    program = WHOLE.format(file=".env")
    assert await printed_by(program, tmp_path) == {"lazy": [], "advanced_alchemy": True}
    overridden = await printed_by(program, tmp_path, APP_PATCHES="on")
    assert "agents" in overridden["lazy"]
