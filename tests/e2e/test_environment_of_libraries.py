"""Variables that only our libraries read: no value of theirs breaks a command."""

import asyncio
import json
import os
import sys
from functools import cache
from pathlib import Path

import pytest

from app.bootstrap import setting_sections
from app.environment import variables
from tests.chatkit_client import ChatKitClient
from tests.e2e.test_commands import command
from tests.server import FROM_HERE, ServerProcess, running

RECORD = """
import json, os, sys

read = set()
look = os._Environ.__getitem__

def looked(self, name):
    read.add(name)
    return look(self, name)

os._Environ.__getitem__ = looked
sys.argv = ["anyport", "--help"]
try:
    from app.__main__ import main
    main()
finally:
    print("\\n" + json.dumps(sorted(read)))
"""
PYTHONS_OWN = ("PYTHON", "_", "PATH", "HOME", "LD_")
"""Which interpreter runs, on what; click's completion is a command of its own."""

GARBAGE = "no such thing!"


@cache
def ours() -> frozenset[str]:
    """All settings."""
    found = (variable.names for section in setting_sections().values() for variable in variables(section))
    return frozenset(name for names in found for name in names)


async def read_by_libraries(folder: Path) -> list[str]:
    """What is looked up in the environment while the program is imported, other than settings."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", FROM_HERE + RECORD),
        cwd=folder,
        env={"PATH": os.environ["PATH"]},
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    read: list[str] = json.loads(output.splitlines()[-1])
    return [name for name in read if not name.startswith(PYTHONS_OWN) and name not in ours()]


async def test_no_variable_that_a_library_reads_breaks_a_command_or_the_server(tmp_path: Path) -> None:
    names = await read_by_libraries(tmp_path)
    assert "OPENAI_LOG" in names, "the recorder sees nothing"
    # uvicorn reads the one when a server begins, ChatKit the other unless it is kept from it.
    garbage = dict.fromkeys([*names, "WEB_CONCURRENCY", "LOG_LEVEL"], GARBAGE)
    for arguments in (["--help"], ["settings"]):
        code, output = await command(tmp_path, *arguments, **garbage)
        assert code == 0, output
    async with running(tmp_path, garbage) as server, ChatKitClient(server.url) as client:
        assert (await client.say("Hello!")).text
    assert "Traceback" not in server.log


@pytest.mark.parametrize("level", ["trace", "15", "\udcff"])
async def test_no_log_level_of_others_breaks_a_command(tmp_path: Path, level: str) -> None:
    code, output = await command(tmp_path, "--version", LOG_LEVEL=level)
    assert code == 0, output


async def test_our_own_log_level_says_what_it_expects(tmp_path: Path) -> None:
    code, output = await command(tmp_path, "providers", APP_LOG_LEVEL="trace", LOG_LEVEL="trace")
    assert "Traceback" not in output
    code, output = await command(tmp_path, "doctor", APP_LOG_LEVEL="trace", LOG_LEVEL="trace")
    assert code == 2
    assert "APP_LOG_LEVEL: expected debug, info, warning or error, got 'trace'" in output


async def test_a_number_that_litellm_cannot_read_is_named(tmp_path: Path) -> None:
    """It reads some eighty of them when it is imported."""
    environment = {"LITELLM_MODEL": "openai/gpt-4o-mini", "OPENAI_API_KEY": "k", "LLM_PROVIDER": "litellm"}
    server = ServerProcess(tmp_path, {**environment, "DEFAULT_MAX_TOKENS": "plenty"})
    await server.spawn()
    assert await server.wait() == 1
    assert "Change or remove DEFAULT_MAX_TOKENS" in server.log
    assert "Install it anew" not in server.log
