"""Who keeps a turn when clocks jump, machines stand still, or file systems have no locks."""

import asyncio
import datetime as dt
import fcntl
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path

import pytest
import structlog

from app.adapters.stores.memory import MemoryStorage
from app.adapters.stores.sql import owners
from app.adapters.stores.sql.storage import SqlStorage
from app.application.turns.lease_keeper import LeaseKeeper
from app.application.turns.registry import TurnRegistry
from app.application.turns.turn import Placement, Turn
from app.domain.clock import clock
from app.domain.ids import new_id
from app.ports.turn_journal import TurnHead
from tests.sql import ANN, storage_at, thread

HOUR = dt.timedelta(hours=1)
OVER = dt.timedelta(seconds=-1)


class JumpingStorage(MemoryStorage):
    """Its clock is set while it is in use."""

    ahead = dt.timedelta()

    async def now(self) -> dt.datetime:
        return await super().now() + self.ahead


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
async def test_a_lease_that_ran_out_because_a_clock_was_set_is_left_to_be_renewed(
    jump: dt.timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "_correction", 0)  # It is the process's, and as it was again afterwards.
    storage = JumpingStorage()
    await storage.threads.save_thread(thread("thr_1"), ANN)
    upkeep = LeaseKeeper(TurnRegistry(storage), storage)
    await upkeep._recover_orphans()
    head = TurnHead(id="turn_1", thread_id="thr_1", user_id=ANN.user_id, owner="proc_other")
    assert await storage.journal.begin(head, OVER)
    storage.ahead = jump
    for _ in range(3):
        await upkeep._recover_orphans()
    assert await storage.journal.find(head.id) == head


async def test_a_lease_that_ran_out_by_itself_is_taken() -> None:
    storage = JumpingStorage()
    await storage.threads.save_thread(thread("thr_1"), ANN)
    upkeep = LeaseKeeper(TurnRegistry(storage), storage)
    await upkeep._recover_orphans()
    head = TurnHead(id="turn_1", thread_id="thr_1", user_id=ANN.user_id, owner="proc_other")
    assert await storage.journal.begin(head, OVER)
    with structlog.testing.capture_logs() as logs:
        await upkeep._recover_orphans()
    assert await storage.journal.find("turn_1") is None, "it had said nothing, and can be asked for again"
    assert [entry["turn"] for entry in logs if "turn recovered" in entry["event"]] == ["turn_1"]


class Answer:
    """Turn that sends one event, and runs until it is stopped."""

    def __init__(self, storage: MemoryStorage | SqlStorage) -> None:
        self.turns = TurnRegistry(storage)
        self.upkeep = LeaseKeeper(self.turns, storage)

    async def begun(self) -> Turn:
        turn = await self.turns.start(self._events(), lambda _: b"", Placement(user_id="ann", thread_id="thr_1"))
        await turn.entered.wait()
        return turn

    async def _events(self) -> AsyncGenerator[bytes, None]:
        yield b'data: {"type":"progress_update","text":"thinking"}\n\n'
        await asyncio.Event().wait()


@pytest.mark.parametrize("left", ["ran by another", "dropped"])
async def test_a_lost_turn_ends_with_an_error_for_its_reader(left: str) -> None:
    storage = MemoryStorage()
    await storage.threads.save_thread(thread("thr_1"), ANN)
    answer = Answer(storage)
    turn = await answer.begun()
    if left == "dropped":
        await storage.journal.drop(turn.id, answer.turns.owner)
    else:
        await storage.journal.renew(answer.turns.owner, OVER)
        assert await storage.journal.take_over("proc_other", HOUR)
    with structlog.testing.capture_logs() as logs:
        await answer.upkeep._renew()
        await turn.wait_ended()
    assert b"lost touch" in turn.events[-1]
    assert turn.end == "interrupted"
    assert ["lease lost" in entry["event"] for entry in logs] == [True]


async def test_a_turn_whose_thread_is_deleted_ends_without_an_error() -> None:
    storage = MemoryStorage()
    await storage.threads.save_thread(thread("thr_1"), ANN)
    answer = Answer(storage)
    turn = await answer.begun()
    await storage.threads.delete_thread("thr_1", ANN)
    await answer.upkeep._renew()
    await turn.wait_ended()
    assert b"lost touch" not in turn.events[-1]


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[SqlStorage]:
    async with storage_at(f"sqlite:///{tmp_path}/leases.db") as storage:
        await storage.threads.save_thread(thread("thr_1"), ANN)
        yield storage


async def claimed(storage: SqlStorage, owner: str, lease: dt.timedelta) -> bool:
    """Whether another process takes a turn of `owner` with that lease."""
    head = TurnHead(id=new_id("turn"), thread_id="thr_1", user_id=ANN.user_id, owner=owner)
    assert await storage.journal.begin(head, lease)
    taken = await storage.journal.take_over("proc_other", dt.timedelta(seconds=10))
    await storage.journal.end(head.id, "proc_other" if taken else owner, "completed")
    return bool(taken)


async def test_on_one_machine_the_lock_decides_and_not_the_clock(storage: SqlStorage) -> None:
    async with storage.journal.alive("proc_1"):
        assert not await claimed(storage, "proc_1", OVER)
        assert not await claimed(storage, "proc_1", HOUR)


async def test_turns_of_a_dead_process_are_recovered_before_their_lease_expires(
    storage: SqlStorage, tmp_path: Path
) -> None:
    (tmp_path / "leases.db-proc_dead.lock").write_text(owners._kernel())
    assert await claimed(storage, "proc_dead", dt.timedelta(seconds=10))
    assert not (tmp_path / "leases.db-proc_dead.lock").exists()


@pytest.mark.parametrize(("lease", "taken"), [(OVER, True), (dt.timedelta(seconds=10), False)])
async def test_without_lock_files_leases_decide(
    storage: SqlStorage, tmp_path: Path, lease: dt.timedelta, taken: bool
) -> None:
    """Of a process on another kernel, which may see locks that this one does not; and of one without a file."""
    (tmp_path / "leases.db-proc_far.lock").write_text("another kernel")
    for owner in ("proc_far", "proc_without"):
        assert await claimed(storage, owner, lease) == taken


async def test_a_file_system_without_locks_is_said_and_no_more(
    storage: SqlStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*_: object) -> None:
        raise OSError("no locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    with structlog.testing.capture_logs() as logs:
        async with storage.journal.alive("proc_1"):
            assert not await claimed(storage, "proc_1", dt.timedelta(seconds=10))
            assert await claimed(storage, "proc_1", OVER)
    assert [entry["reason"] for entry in logs] == ["no locks available"]
    assert left_of_locks(tmp_path) == []


def left_of_locks(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if "lock" in path.name]
