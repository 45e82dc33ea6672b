"""Several processes on one SQLite file: no process takes over the turns of another that lives."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Self

import pytest

from tests.chatkit_client import ChatKitClient, user_input
from tests.raw_reader import RawReader
from tests.server import ServerProcess, running

NUMBERS = 5000
"""More numbers than the demo counts to: the answers last longer than the test."""


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    """Settings that all servers of a test share."""
    return {"DATABASE_URL": f"sqlite:///{tmp_path}/shared.db", "DEMO_DELAY_MS": "40"}


@pytest.fixture
async def server(tmp_path: Path, settings: dict[str, str]) -> AsyncIterator[ServerProcess]:
    """The first server."""
    async with running(tmp_path, settings) as server:
        yield server


def asking(server: ServerProcess) -> RawReader:
    body = {"type": "threads.create", "params": {"input": user_input(f"count to {NUMBERS}")}}
    return RawReader(server.url, "POST", "/chatkit", body)


def folder(parent: Path, name: str) -> Path:
    own = parent / name
    own.mkdir()
    return own


def locks(parent: Path) -> list[Path]:
    return [*parent.glob("shared.db-proc_*")]


class Reading:
    """Reads all the time, because text that waits in a socket would count as new."""

    def __init__(self, server: ServerProcess) -> None:
        self.reader = asking(server)
        self._task: asyncio.Task[None]

    async def __aenter__(self) -> Self:
        await self.reader.__aenter__()
        await self.reader.until("2 ")
        self._task = asyncio.create_task(self.reader.ended())
        return self

    async def __aexit__(self, *error: Any) -> None:
        self._task.cancel()
        await self.reader.__aexit__(*error)

    async def goes_on(self) -> None:
        """Wait for more text than a server needs to notice a lost lease."""
        wanted = self._numbers + 50
        while self._numbers < wanted:
            assert not self._task.done(), f"it ended behind {self._numbers}: {self.reader.events[-1]}"
            await asyncio.sleep(0.1)

    @property
    def _numbers(self) -> int:
        return len(self.reader.text.split())


async def test_what_starts_beside_it_ends_nothing(
    tmp_path: Path, server: ServerProcess, settings: dict[str, str]
) -> None:
    """A second server, on another port and on the same, however it is started; and commands."""
    failing = [("app", "serve"), ("uvicorn", "app.asgi:create", "--factory", "--port", str(server.port))]
    commands = [("app", "doctor"), ("app", "export", "nobody")]
    async with AsyncExitStack() as stack:
        ours = await stack.enter_async_context(Reading(server))
        second = await stack.enter_async_context(running(folder(tmp_path, "second"), settings))
        theirs = await stack.enter_async_context(Reading(second))
        beside = []
        for command in (*failing, *commands):
            own = folder(tmp_path, command[-1])
            beside.append(ServerProcess(own, settings, port=server.port, command=command))
            await beside[-1].spawn()
        codes = await asyncio.gather(*(process.wait() for process in beside))
        assert [code == 0 for code in codes] == [False, False, True, True], [process.log for process in beside]
        await asyncio.gather(ours.goes_on(), theirs.goes_on())


async def test_turns_of_a_dead_process_are_recovered_by_a_living_one(
    tmp_path: Path, server: ServerProcess, settings: dict[str, str]
) -> None:
    second = await ServerProcess(folder(tmp_path, "second"), settings).start()
    async with Reading(server) as ours, asking(second) as theirs, ChatKitClient(server.url) as client:
        await theirs.until("25 ")
        await second.stop(signal.SIGKILL)
        async with asyncio.timeout(30):
            # Follows the turn, as that of a process elsewhere, to the end that is written for it.
            found = (await client.http.get(f"/api/threads/{theirs.thread_id}/stream")).text
        assert "The server stopped in the middle of this answer" in found
        await ours.goes_on()


async def test_a_server_that_stops_leaves_no_file_behind(tmp_path: Path, settings: dict[str, str]) -> None:
    dead = await ServerProcess(tmp_path, settings).start()
    await dead.stop(signal.SIGKILL)
    async with running(tmp_path, settings):
        assert len(locks(tmp_path)) == 1
    assert locks(tmp_path) == []
