"""The rules of tasks, over a real repository."""

import asyncio
import datetime as dt
from collections.abc import Collection, Sequence

import pytest

from app.adapters.stores.memory import MemoryStorage
from app.application.tasks.service import AmbiguousTaskError, TaskEvent, TaskService
from app.domain.errors import ConflictError, InvalidInputError, NotFoundError, StaleVersionError
from app.domain.task import COMPLETED, Priority, Status, Task, TaskChange
from app.ports.task_repository import TaskRepository

ADA, BOB = "ada", "bob"


@pytest.fixture
def repository() -> TaskRepository:
    return MemoryStorage().tasks


@pytest.fixture
def tasks(repository: TaskRepository) -> TaskService:
    return TaskService(repository)


async def test_a_new_task_is_pending_and_has_what_was_said(tasks: TaskService) -> None:
    details = TaskChange(priority=Priority.HIGH, due=dt.date(2026, 12, 1), description=" 2 l ")
    task = await tasks.create(ADA, "  buy \n milk ", details)
    assert (task.title, task.priority, task.due, task.description) == ("buy milk", "high", dt.date(2026, 12, 1), "2 l")
    assert task.status is Status.PENDING
    assert await tasks.list(ADA) == [task]


@pytest.mark.parametrize("title", ["", " \n ", "x" * 201])
async def test_an_unusable_title_is_refused_and_nothing_is_stored(tasks: TaskService, title: str) -> None:
    with pytest.raises(InvalidInputError):
        await tasks.create(ADA, title)
    assert await tasks.list(ADA) == []


async def test_a_task_is_found_by_id_by_its_title_and_by_a_part_that_only_it_has(tasks: TaskService) -> None:
    milk, oat = await tasks.create(ADA, "Buy Milk"), await tasks.create(ADA, "buy milk for oats")
    assert await tasks.find(ADA, milk.id) == milk
    assert await tasks.find(ADA, "bUY  milk") == milk, "an exact title comes before one that contains it"
    assert await tasks.find(ADA, "oats") == oat


async def test_several_that_fit_are_all_named(tasks: TaskService) -> None:
    await tasks.create(ADA, "call Ann")
    await tasks.create(ADA, "call Ben")
    with pytest.raises(AmbiguousTaskError, match=r"call Ann.*call Ben"):
        await tasks.complete(ADA, "call")


async def test_the_question_distinguishes_the_candidates(tasks: TaskService) -> None:
    old, new = await tasks.create(ADA, "buy milk"), await tasks.create(ADA, "Buy milk")
    await tasks.complete(ADA, old.id)
    with pytest.raises(AmbiguousTaskError) as caught:
        await tasks.find(ADA, "buy milk")
    assert [task.id for task in caught.value.candidates] == [old.id, new.id]
    assert f"“buy milk” (completed, {old.id}); “Buy milk” (pending, {new.id})" in caught.value.message


async def test_many_that_fit_are_not_all_listed(tasks: TaskService) -> None:
    for number in range(8):
        await tasks.create(ADA, f"call {number}")
    with pytest.raises(AmbiguousTaskError, match=r"call 4.* …") as caught:
        await tasks.find(ADA, "call")
    assert "call 5" not in caught.value.message


async def test_a_missing_task_is_named_with_the_way_to_find_it(tasks: TaskService) -> None:
    with pytest.raises(NotFoundError, match=r"no task “moon”.*list of tasks"):
        await tasks.find(ADA, " moon ")
    with pytest.raises(NotFoundError) as caught:
        await tasks.find(ADA, "x" * 100_000)
    assert len(caught.value.message) < 300
    with pytest.raises(InvalidInputError, match="Say which task"):
        await tasks.find(ADA, " \n ")


async def test_times_are_those_of_the_given_clock(repository: TaskRepository) -> None:
    clock = iter(dt.datetime(2026, 11, 21, hour, tzinfo=dt.UTC) for hour in range(4))
    tasks = TaskService(repository, now=lambda: next(clock))
    made = await tasks.create(ADA, "sleep")
    done = await tasks.complete(ADA, "sleep")
    assert (made.created_at.hour, done.updated_at.hour) == (0, 1)
    assert done.completed_at == done.updated_at
    assert (await tasks.get(ADA, made.id)).created_at == made.created_at


async def test_a_task_of_another_user_is_not_found(tasks: TaskService) -> None:
    task = await tasks.create(ADA, "secret")
    for attempt in (tasks.find, tasks.complete, tasks.reopen, tasks.delete):
        with pytest.raises(NotFoundError):
            await attempt(BOB, task.id)
        with pytest.raises(NotFoundError):
            await attempt(BOB, "secret")
    with pytest.raises(NotFoundError):
        await tasks.update(BOB, task.id, TaskChange(title="mine"))
    assert await tasks.list(ADA) == [task]


async def test_completing_twice_changes_nothing_the_second_time(tasks: TaskService) -> None:
    await tasks.create(ADA, "sleep")
    done = await tasks.complete(ADA, "sleep")
    assert (done.status, done.version) == (Status.COMPLETED, 2)
    assert done.completed_at is not None
    assert await tasks.complete(ADA, "sleep") == done
    again = await tasks.reopen(ADA, "sleep")
    assert (again.status, again.completed_at, again.version) == (Status.PENDING, None, 3)


async def test_an_update_that_changes_nothing_writes_nothing(tasks: TaskService) -> None:
    task = await tasks.create(ADA, "sleep")
    assert await tasks.update(ADA, "sleep", TaskChange(title="sleep")) == task


class Contested(TaskRepository):
    """Repository in which another writer is faster, a given number of times."""

    def __init__(self, inner: TaskRepository, times: int) -> None:
        self._inner = inner
        self._left = times

    async def add(self, task: Task) -> None:
        await self._inner.add(task)

    async def get(self, user_id: str, task_id: str) -> Task:
        return await self._inner.get(user_id, task_id)

    async def get_several(self, user_id: str, task_ids: Collection[str]) -> Sequence[Task]:
        return await self._inner.get_several(user_id, task_ids)

    async def list(
        self, user_id: str, *, status: Status | None = None, after: str | None = None, limit: int = 100
    ) -> Sequence[Task]:
        return await self._inner.list(user_id, status=status, after=after, limit=limit)

    async def find_by_title(self, user_id: str, title: str, *, limit: int = 10) -> Sequence[Task]:
        return await self._inner.find_by_title(user_id, title, limit=limit)

    async def update(self, task: Task) -> None:
        if self._left:
            self._left -= 1
            present = await self._inner.get(task.user_id, task.id)
            now = dt.datetime.now(dt.UTC)
            await self._inner.update(present.changed(TaskChange(description=f"theirs {self._left}"), now=now))
        await self._inner.update(task)

    async def delete(self, user_id: str, task_id: str) -> None:
        await self._inner.delete(user_id, task_id)


async def test_the_loser_of_a_conflict_retries_on_the_present_task(repository: TaskRepository) -> None:
    tasks = TaskService(Contested(repository, times=1))
    await tasks.create(ADA, "sleep")
    changed = await tasks.update(ADA, "sleep", TaskChange(priority=Priority.HIGH))
    assert (changed.priority, changed.description) == (Priority.HIGH, "theirs 0")


async def test_a_second_conflict_is_reported(repository: TaskRepository) -> None:
    tasks = TaskService(Contested(repository, times=2))
    await tasks.create(ADA, "sleep")
    with pytest.raises(ConflictError):
        await tasks.complete(ADA, "sleep")


async def test_every_change_is_published_once_and_nothing_else(tasks: TaskService) -> None:
    told: list[TaskEvent] = []
    notifying = tasks.notifying(told.append)
    made = await notifying.create(ADA, "sleep")
    await notifying.complete(ADA, "sleep")
    await notifying.complete(ADA, "sleep")
    await notifying.reopen(ADA, "sleep")
    await notifying.update(ADA, "sleep", TaskChange(title="sleep"))
    last = await notifying.update(ADA, "sleep", TaskChange(priority=Priority.LOW))
    with pytest.raises(InvalidInputError):
        await notifying.update(ADA, "sleep", TaskChange(title=" "))
    await notifying.delete(ADA, made.id)
    with pytest.raises(NotFoundError):
        await notifying.delete(ADA, made.id)
    assert [event.kind for event in told] == ["created", "completed", "reopened", "updated", "deleted"]
    assert told[-1].task == told[-2].task == last


async def test_a_conflicting_change_is_published_once(repository: TaskRepository) -> None:
    told: list[TaskEvent] = []
    tasks = TaskService(Contested(repository, times=1)).notifying(told.append)
    await tasks.create(ADA, "sleep")
    await tasks.complete(ADA, "sleep")
    assert [event.kind for event in told] == ["created", "completed"]


async def test_a_change_of_a_version_is_refused_when_there_is_a_newer_one(tasks: TaskService) -> None:
    task = await tasks.create(ADA, "sleep")
    change = TaskChange(title="sleep well")
    changed = await tasks.change(ADA, task.id, change, version=1)
    assert await tasks.change(ADA, task.id, change, version=1) == changed, "a second click changes nothing"
    with pytest.raises(StaleVersionError):
        await tasks.change(ADA, task.id, TaskChange(title="sleep badly"), version=1)
    with pytest.raises(StaleVersionError):
        await tasks.remove(ADA, task.id, version=1)
    assert await tasks.remove(ADA, task.id, version=2) == changed


async def test_a_change_of_a_version_is_not_repeated_on_another(repository: TaskRepository) -> None:
    tasks = TaskService(Contested(repository, times=1))
    task = await tasks.create(ADA, "sleep")
    with pytest.raises(StaleVersionError):
        await tasks.change(ADA, task.id, COMPLETED, version=1)


async def test_by_id_a_title_is_nothing(tasks: TaskService) -> None:
    await tasks.create(ADA, "sleep")
    with pytest.raises(NotFoundError):
        await tasks.change(ADA, "sleep", COMPLETED)
    with pytest.raises(NotFoundError):
        await tasks.remove(ADA, "sleep")


async def test_a_search_is_for_a_part_of_the_title(tasks: TaskService) -> None:
    milk, bread = await tasks.create(ADA, "Buy milk"), await tasks.create(ADA, "Buy bread")
    assert await tasks.search(ADA, " \n") == [milk, bread]
    assert await tasks.search(ADA, "  BUY  b ") == [bread]
    assert await tasks.search(ADA, "", limit=1) == [milk]
    assert await tasks.search(BOB, "buy") == []


async def test_many_at_once_lose_nothing(tasks: TaskService) -> None:
    await asyncio.gather(*(tasks.create(ADA, f"task {number}") for number in range(50)))
    await asyncio.gather(*(tasks.complete(ADA, f"task {number}") for number in range(50) if number % 10 == 7))
    assert len(await tasks.list(ADA, status=Status.COMPLETED)) == 5
