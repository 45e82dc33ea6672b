"""Several processes on one SQLite file: what one of them answers is no other's, as long as it lives."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.chatkit_client import ChatKitClient, user_input
from tests.raw_reader import RawReader
from tests.server import ServerProcess, running

NUMBERS = 300


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    """What all of them share."""
    return {"DATABASE_URL": f"sqlite:///{tmp_path}/shared.db", "DEMO_DELAY_MS": "20"}


@pytest.fixture
async def server(tmp_path: Path, settings: dict[str, str]) -> AsyncIterator[ServerProcess]:
    """The first of them."""
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


def is_whole(reader: RawReader) -> bool:
    return reader.text.split() == [str(number) for number in range(1, NUMBERS + 1)] and not errors(reader)


def errors(reader: RawReader) -> list[str]:
    return [event["message"] for event in reader.events if event["type"] == "error"]


async def test_what_starts_beside_it_ends_nothing(
    tmp_path: Path, server: ServerProcess, settings: dict[str, str]
) -> None:
    """A second server, on another port and on the same, however it is started; and commands."""
    failing = [("app", "serve"), ("uvicorn", "app.asgi:create", "--factory", "--port", str(server.port))]
    commands = [("app", "doctor"), ("app", "export", "nobody")]
    async with AsyncExitStack() as stack:
        reader = await stack.enter_async_context(asking(server))
        await reader.until("2 ")
        second = await stack.enter_async_context(running(folder(tmp_path, "second"), settings))
        theirs = await stack.enter_async_context(asking(second))
        beside = []
        for command in (*failing, *commands):
            own = folder(tmp_path, command[-1])
            beside.append(ServerProcess(own, settings, port=server.port, command=command))
            await beside[-1].spawn()
        codes = await asyncio.gather(*(process.wait() for process in beside))
        assert [code == 0 for code in codes] == [False, False, True, True], [process.log for process in beside]
        await asyncio.gather(reader.ended(), theirs.ended())
    assert is_whole(reader), errors(reader)
    assert is_whole(theirs), errors(theirs)


async def test_who_dies_is_recovered_by_a_neighbour_that_lives(
    tmp_path: Path, server: ServerProcess, settings: dict[str, str]
) -> None:
    second = await ServerProcess(folder(tmp_path, "second"), settings).start()
    async with asking(server) as reader, asking(second) as theirs, ChatKitClient(server.url) as client:
        await asyncio.gather(reader.until("5 "), theirs.until("50 "))
        await second.stop(signal.SIGKILL)
        async with asyncio.timeout(30):
            # Follows the turn, as that of a process elsewhere, to the end that is written for it.
            found = (await client.http.get(f"/api/threads/{theirs.thread_id}/stream")).text
        assert "The server stopped in the middle of this answer" in found
        await reader.ended()
    assert is_whole(reader), errors(reader)


async def test_a_server_that_stops_leaves_no_file_behind(tmp_path: Path, settings: dict[str, str]) -> None:
    dead = await ServerProcess(tmp_path, settings).start()
    await dead.stop(signal.SIGKILL)
    async with running(tmp_path, settings):
        assert len(locks(tmp_path)) == 1
    assert locks(tmp_path) == []
