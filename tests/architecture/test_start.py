"""What a start imports of its libraries, and what it leaves to whoever asks for it."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import pytest

from app.startup.agents_without_mcp import KEEPERS, SERVERS
from app.startup.libraries import LAZY, OPTIONAL
from tests.server import ROOT

# As `serve` does it; prints what is imported when it would listen, and once the first answer is prepared.
START = """
import asyncio, json, os, sys
from app.startup.libraries import LAZY, sparingly

with sparingly():
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
whole = [name for name in LAZY if name in sys.modules and "__getattr__" not in vars(sys.modules[name])]
print(json.dumps({"imported": imported, "prepared": list(sys.modules), "whole": whole}))
"""

# Every name of every lazy package, compared with what the package has when it is run as it is.
NAMES = """
import importlib, json, sys
from app.patches.lazy_imports import places
from app.startup.libraries import LAZY, sparingly

with sparingly():
    import app.bootstrap

wrong, count = [], 0
for package in sorted(LAZY):
    lazy = importlib.import_module(package)
    names = [name for name in places(package, lazy.__spec__.loader.get_source(package)) if name != "*"]
    served = {name: getattr(lazy, name) for name in names}
    lazy.__spec__.loader.exec_whole(lazy)
    wrong += [f"{package}.{name}" for name in names if vars(lazy)[name] is not served[name]]
    count += len(names)
print(json.dumps({"wrong": wrong, "count": count}))
"""

# Who holds the stand-in for MCP's error, and what they hold once the SDK's own MCP servers are asked for.
ERRORS = """
import json, sys
from app.startup.agents_without_mcp import ERROR, StandIn
from app.startup.libraries import sparingly

with sparingly():
    import app.command_line

holders = [name for name, module in list(sys.modules.items()) if vars(module).get(ERROR) is StandIn]
from agents.mcp import MCPServerStdio
from mcp.shared.exceptions import MCPError

told = [name for name, module in list(sys.modules.items()) if vars(module).get(ERROR) is MCPError]
left = [name for name, module in list(sys.modules.items()) if any(value is StandIn for value in vars(module).values())]
print(json.dumps({"holders": holders, "told": told, "left": left}))
"""

SQL = {"advanced_alchemy", "attr", "sqlalchemy.orm"}
"""What comes with a database; memory:// has no use for it."""

NOT_CHOSEN = {
    *OPTIONAL,
    *SQL,
    "alembic",
    "asyncpg",
    "cryptography",
    "litellm",
    "mcp",
    "mcp_types",
    "opentelemetry.sdk",
    "polyfactory",
    "pydantic.v1",
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
    assert NOT_CHOSEN & set(started["prepared"]) == SQL
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


async def test_the_sdk_s_own_mcp_servers_catch_the_real_error(tmp_path: Path) -> None:
    found = await printed_by(ERRORS, tmp_path)
    assert set(found["holders"]) == set(KEEPERS), "the Agents SDK has changed"
    assert {*KEEPERS, SERVERS} <= set(found["told"])
    assert set(found["left"]) - {"__main__", "__mp_main__"} == {"app.startup.agents_without_mcp"}
