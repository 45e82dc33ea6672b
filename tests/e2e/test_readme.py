"""The README's commands, as they are written, against the real server."""

import asyncio
import json
import re
from asyncio.subprocess import PIPE

from tests.server import ROOT, ServerProcess

ADDRESS = "http://127.0.0.1:8000"
SHELL_BLOCK = re.compile(r"^```sh\n(curl .*?)^```", re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    """The README's curl commands, in its order."""
    return SHELL_BLOCK.findall((ROOT / "README.md").read_text())


async def output_of(command: str, server: ServerProcess) -> str:
    """Return the output of a command of the README, with the address of this server in place of the README's."""
    assert ADDRESS in command
    shell = await asyncio.create_subprocess_shell(command.replace(ADDRESS, server.url), stdout=PIPE, stderr=PIPE)
    printed, complaints = await shell.communicate()
    assert shell.returncode == 0, complaints.decode()
    return printed.decode()


async def test_the_commands_of_the_readme_work_as_written(server: ServerProcess) -> None:
    plain, protocol, tasks = [await output_of(command, server) for command in commands()]

    frames = [json.loads(line.removeprefix("data: ")) for line in plain.splitlines() if line]
    assert "".join(frame.get("text", "") for frame in frames)
    assert frames[-1] == {"done": True}

    events = [json.loads(line.removeprefix("data: ")) for line in protocol.splitlines() if line]
    assert events[0]["type"] == "thread.created"
    assert "error" not in {event["type"] for event in events}
    assert events[-1]["item"]["type"] == "assistant_message"

    assert ("buy milk", "high") in {(task["title"], task["priority"]) for task in json.loads(tasks)}
