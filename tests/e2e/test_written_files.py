"""Files that a server writes: below `data` alone, and readable by its user alone."""

import os
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from tests.chatkit_client import ChatKitClient, user_input
from tests.server import ServerProcess
from tests.uploads import png, upload_in_two_phases

OTHERS = stat.S_IRWXG | stat.S_IRWXO


@contextmanager
def umask(mask: int) -> Iterator[None]:
    """The umask of the user that starts the server."""
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


@asynccontextmanager
async def at_work(folder: Path, mask: int) -> AsyncIterator[ServerProcess]:
    """Server that has answered a message with a file, with folders of its own for all that it may write."""
    for name in ("home", "tmp"):
        (folder / name).mkdir(exist_ok=True)
    environment = {"HOME": str(folder / "home"), "TMPDIR": str(folder / "tmp"), "DEMO_DELAY_MS": "0"}
    server = ServerProcess(folder, environment)
    with umask(mask):
        await server.start()
    try:
        async with ChatKitClient(server.url) as client:
            file = await upload_in_two_phases(client, "a.png", png(), "image/png")
            events = client.stream(
                "threads.create", input=user_input("Add a task: pay the rent", attachments=[file["id"]])
            )
            assert [event async for event in events]
        yield server
    finally:
        await server.stop()


def written(folder: Path) -> list[Path]:
    """All that is in the folder but what the test put there itself."""
    own = {folder / "home", folder / "tmp"}
    return [path for path in sorted(folder.rglob("*")) if path not in own and not path.name.startswith("server-")]


def modes(paths: list[Path]) -> dict[str, str]:
    """Of each whose mode is another than it should be."""
    wanted = {path: 0o700 if path.is_dir() else 0o600 for path in paths}
    return {str(path): oct(mode) for path in paths if (mode := stat.S_IMODE(path.stat().st_mode)) != wanted[path]}


@pytest.mark.parametrize("mask", [0o000, 0o022])
async def test_folders_are_0700_and_files_0600_whatever_umask(tmp_path: Path, mask: int) -> None:
    async with at_work(tmp_path, mask):
        found = written(tmp_path)
        names = {str(path.relative_to(tmp_path)) for path in found}
        assert names >= {"data", "data/anyport.db", "data/anyport.db-wal", "data/anyport.db-shm", "data/attachments"}
        assert any(path.parent.name == "attachments" for path in found)
        assert {path.relative_to(tmp_path).parts[0] for path in found} == {"data"}, "it writes nowhere else"
        assert modes(found) == {}


async def test_what_an_earlier_version_left_open_is_closed(tmp_path: Path) -> None:
    async with at_work(tmp_path, 0o022):
        pass
    for path in (tmp_path / "data" / "anyport.db", tmp_path / "data" / "attachments"):
        path.chmod(path.stat().st_mode | OTHERS)
    async with at_work(tmp_path, 0o022):
        assert modes(written(tmp_path)) == {}
