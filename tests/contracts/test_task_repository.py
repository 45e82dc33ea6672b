"""What every `TaskRepository` promises."""

import asyncio
import datetime as dt

import msgspec
import pytest
from polyfactory import Use
from polyfactory.factories.msgspec_factory import MsgspecFactory

from app.domain.errors import ConflictError, NotFoundError
from app.domain.identity import RequestContext
from app.domain.ids import new_id
from app.domain.task import COMPLETED, Priority, Status, Task, TaskChange, new_task
from app.ports.storage import Storage
from app.ports.task_repository import TaskRepository
from tests.factories import NOON, later


@pytest.fixture
def tasks(storage: Storage) -> TaskRepository:
    """The repository under test."""
    return storage.tasks


@pytest.fixture
def user(ann: RequestContext) -> str:
    """Whose tasks they are."""
    return ann.user_id


async def added(tasks: TaskRepository, user: str, *titles: str, now: dt.datetime = NOON) -> list[Task]:
    """New tasks with these titles, all of the same moment."""
    made = [new_task(user, title, now=now) for title in titles]
    for task in made:
        await tasks.add(task)
    return made


class TaskFactory(MsgspecFactory[Task]):
    """Tasks with a value in every field, whether or not it makes sense together."""

    __allow_none_optionals__ = False
    created_at = updated_at = completed_at = Use(
        lambda: NOON + dt.timedelta(microseconds=TaskFactory.__random__.getrandbits(40))
    )


async def titles(tasks: TaskRepository, user: str, sought: str, *, limit: int = 10) -> list[str]:
    """The titles found, in their order."""
    return [task.title for task in await tasks.find_by_title(user, sought, limit=limit)]


# What is kept


async def test_a_task_comes_back_as_it_was(tasks: TaskRepository, user: str) -> None:
    task = Task(
        id=new_id("task"),
        user_id=user,
        title="Brot 🥖 \u202bخبز\u202c e\u0301\x00",
        description="with\x00 a NUL\nand a line",
        priority=Priority.HIGH,
        due=dt.date(2026, 12, 24),
        status=Status.COMPLETED,
        created_at=NOON,
        updated_at=later(1),
        completed_at=later(1) + dt.timedelta(microseconds=1),
        version=3,
    )
    await tasks.add(task)
    found = await tasks.get(user, task.id)
    assert found == task
    assert found.created_at.tzinfo == found.updated_at.tzinfo == dt.UTC
    assert await tasks.list(user) == [task]
    assert await tasks.find_by_title(user, "brot") == [task]


async def test_several_are_read_at_once_by_age_and_without_those_that_are_not_there(
    tasks: TaskRepository, user: str, bob: RequestContext
) -> None:
    first, second, third = await added(tasks, user, "First", "Second", "Third")
    await tasks.delete(user, second.id)
    wanted = [third.id, "task_none", second.id, first.id, third.id, "%", "\x00"]
    assert await tasks.get_several(user, wanted) == [first, third]
    assert await tasks.get_several(user, []) == []
    assert await tasks.get_several(bob.user_id, wanted) == []


async def test_adding_an_id_twice_is_a_conflict(tasks: TaskRepository, user: str) -> None:
    [task] = await added(tasks, user, "First")
    with pytest.raises(ConflictError):
        await tasks.add(msgspec.structs.replace(task, title="Second"))
    assert await tasks.get(user, task.id) == task


# Whose it is


async def test_a_task_is_its_users_alone(tasks: TaskRepository, user: str, bob: RequestContext) -> None:
    [task] = await added(tasks, user, "Secret plan")
    other = bob.user_id
    stolen = msgspec.structs.replace(task, user_id=other, title="Stolen", version=task.version + 1)
    with pytest.raises(NotFoundError):
        await tasks.get(other, task.id)
    with pytest.raises(NotFoundError):
        await tasks.update(stolen)
    with pytest.raises(NotFoundError):
        await tasks.delete(other, task.id)
    with pytest.raises(NotFoundError):
        await tasks.list(other, after=task.id)
    assert await tasks.list(other) == []
    assert await tasks.find_by_title(other, "secret") == []
    assert await tasks.get(user, task.id) == task


async def test_another_users_task_looks_like_none(tasks: TaskRepository, user: str, bob: RequestContext) -> None:
    [task] = await added(tasks, user, "Secret plan")
    with pytest.raises(NotFoundError) as foreign:
        await tasks.get(bob.user_id, task.id)
    with pytest.raises(NotFoundError) as absent:
        await tasks.get(bob.user_id, "task_none")
    assert foreign.value.message.replace(task.id, "task_none") == absent.value.message


async def test_two_users_may_use_one_id(tasks: TaskRepository, user: str, bob: RequestContext) -> None:
    [mine] = await added(tasks, user, "Mine")
    theirs = msgspec.structs.replace(mine, user_id=bob.user_id, title="Theirs")
    await tasks.add(theirs)
    await tasks.delete(user, mine.id)
    assert await tasks.get(bob.user_id, mine.id) == theirs


# Lists


async def test_a_list_goes_by_age_then_by_insertion(tasks: TaskRepository, user: str) -> None:
    young = await added(tasks, user, "young 1", "young 2", "young 3", now=later(5))
    old = await added(tasks, user, "old 1", "old 2", "old 3")
    assert await tasks.list(user) == [*old, *young]


@pytest.mark.parametrize("size", range(1, 9))
async def test_pages_of_every_size_make_the_whole(tasks: TaskRepository, user: str, size: int) -> None:
    made = await added(tasks, user, *(f"task {number}" for number in range(7)))
    seen: list[Task] = []
    after = None
    while page := await tasks.list(user, after=after, limit=size):
        assert len(page) <= size
        seen += page
        after = page[-1].id
    assert seen == made


async def test_a_list_of_one_status(tasks: TaskRepository, user: str) -> None:
    made = await added(tasks, user, "a", "b", "c", "d")
    for task in made[::2]:
        await tasks.update(task.changed(COMPLETED, now=later(1)))
    assert [task.title for task in await tasks.list(user, status=Status.PENDING)] == ["b", "d"]
    assert [task.title for task in await tasks.list(user, status=Status.COMPLETED)] == ["a", "c"]
    assert [task.title for task in await tasks.list(user, status=Status.COMPLETED, after=made[1].id)] == ["c"]


async def test_a_change_keeps_a_tasks_place(tasks: TaskRepository, user: str) -> None:
    made = await added(tasks, user, "a", "b", "c")
    changed = made[0].changed(TaskChange(title="z"), now=later(60))
    await tasks.update(changed)
    assert [task.title for task in await tasks.list(user)] == ["z", "b", "c"]


async def test_a_list_goes_on_behind_a_task_that_was_deleted(tasks: TaskRepository, user: str) -> None:
    made = await added(tasks, user, "a", "b", "c", "d")
    for task in made[1:3]:
        await tasks.delete(user, task.id)
    assert await tasks.list(user, after=made[1].id) == [made[3]]
    assert await tasks.list(user, after=made[2].id) == [made[3]]
    await tasks.delete(user, made[3].id)
    assert await tasks.list(user, after=made[3].id) == []


async def test_a_list_behind_nothing_known_is_refused(tasks: TaskRepository, user: str) -> None:
    await added(tasks, user, "a")
    with pytest.raises(NotFoundError):
        await tasks.list(user, after="task_none")


@pytest.mark.parametrize(("limit", "length"), [(-5, 1), (0, 1), (2, 2), (10**12, 3)])
async def test_limits_are_brought_into_bounds(tasks: TaskRepository, user: str, limit: int, length: int) -> None:
    await added(tasks, user, "a1", "a2", "a3")
    assert len(await tasks.list(user, limit=limit)) == length
    assert len(await tasks.find_by_title(user, "a", limit=limit)) == length


async def test_a_list_is_never_longer_than_its_cap(tasks: TaskRepository, user: str) -> None:
    await added(tasks, user, *(f"task {number}" for number in range(501)))
    assert len(await tasks.list(user, limit=10**12)) == 500


async def test_a_stranger_has_no_tasks(tasks: TaskRepository, user: str) -> None:
    assert await tasks.list(user) == []
    assert await tasks.find_by_title(user, "") == []


# Finding


async def test_an_exact_title_comes_first_then_the_oldest(tasks: TaskRepository, user: str) -> None:
    await added(tasks, user, "Buy milk and bread", "Oat milk", "MILK", "milk")
    assert await titles(tasks, user, "Milk") == ["MILK", "milk", "Buy milk and bread", "Oat milk"]
    assert await titles(tasks, user, "Milk", limit=3) == ["MILK", "milk", "Buy milk and bread"]


@pytest.mark.parametrize(
    ("title", "sought"),
    [
        ("Straße fegen", "STRASSE"),
        ("STRASSE FEGEN", "straße"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("Купить ХЛЕБ", "хлеб"),
        ("Çay", "çAY"),
        ("日本語を学ぶ", "語を"),
    ],
)
async def test_letter_case_makes_no_difference(tasks: TaskRepository, user: str, title: str, sought: str) -> None:
    await added(tasks, user, title, "something else")
    assert await titles(tasks, user, sought) == [title]


@pytest.mark.parametrize("sought", ["100%", "a_b", "\\", "[x]", "*", "?", "'", '"', "%", "_", "\x00"])
async def test_no_character_is_a_wildcard(tasks: TaskRepository, user: str, sought: str) -> None:
    await added(tasks, user, f"has {sought} inside", "1000 aXb plain")
    assert await titles(tasks, user, sought) == [f"has {sought} inside"]


async def test_nothing_is_contained_in_every_title(tasks: TaskRepository, user: str) -> None:
    await added(tasks, user, "a", "b")
    assert await titles(tasks, user, "") == ["a", "b"]


async def test_a_very_long_text_is_found_nowhere(tasks: TaskRepository, user: str) -> None:
    await added(tasks, user, "a")
    assert await titles(tasks, user, "a" * 1_000_000) == []


async def test_what_is_found_is_what_is_stored_now(tasks: TaskRepository, user: str) -> None:
    [task] = await added(tasks, user, "Old name")
    await tasks.update(task.changed(TaskChange(title="New name"), now=later(1)))
    assert await titles(tasks, user, "old") == []
    assert await titles(tasks, user, "new") == ["New name"]
    await tasks.delete(user, task.id)
    assert await titles(tasks, user, "new") == []


# Changing


async def test_an_update_replaces_the_task(tasks: TaskRepository, user: str) -> None:
    [task] = await added(tasks, user, "Write")
    change = TaskChange(title="Write it", description="all", priority=Priority.LOW, due=dt.date(2027, 1, 1))
    changed = task.changed(change, now=later(1)).changed(COMPLETED, now=later(2))
    await tasks.update(msgspec.structs.replace(changed, version=2))
    assert await tasks.get(user, task.id) == msgspec.structs.replace(changed, version=2)


@pytest.mark.parametrize("version", [-1, 0, 1, 3, 99])
async def test_an_update_of_another_version_is_a_conflict(tasks: TaskRepository, user: str, version: int) -> None:
    [task] = await added(tasks, user, "Write")
    with pytest.raises(ConflictError):
        await tasks.update(msgspec.structs.replace(task, title="Lost", version=version))
    assert await tasks.get(user, task.id) == task


async def test_of_many_updates_of_one_version_one_wins(tasks: TaskRepository, user: str) -> None:
    [task] = await added(tasks, user, "Contested")
    wishes = [task.changed(TaskChange(title=f"wish {number}"), now=later(1)) for number in range(20)]
    outcomes = await asyncio.gather(*map(tasks.update, wishes), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes if outcome is not None] == [ConflictError] * 19
    assert await tasks.get(user, task.id) == wishes[outcomes.index(None)]


async def test_what_is_not_there_cannot_be_changed_or_deleted(tasks: TaskRepository, user: str) -> None:
    task = new_task(user, "Never added", now=NOON)
    with pytest.raises(NotFoundError):
        await tasks.update(task.changed(COMPLETED, now=later(1)))
    with pytest.raises(NotFoundError):
        await tasks.delete(user, task.id)


async def test_every_field_of_any_task_comes_back(tasks: TaskRepository, user: str) -> None:
    for task in TaskFactory.batch(50, user_id=user):
        await tasks.add(task)
        assert await tasks.get(user, task.id) == task


async def test_a_deleted_task_is_gone(tasks: TaskRepository, user: str) -> None:
    task, other = await added(tasks, user, "a", "b")
    await tasks.delete(user, task.id)
    with pytest.raises(NotFoundError):
        await tasks.get(user, task.id)
    with pytest.raises(NotFoundError):
        await tasks.delete(user, task.id)
    with pytest.raises(NotFoundError):
        await tasks.update(task.changed(COMPLETED, now=later(1)))
    assert await tasks.list(user) == [other]


async def test_of_many_deletions_one_wins(tasks: TaskRepository, user: str) -> None:
    [task] = await added(tasks, user, "Contested")
    outcomes = await asyncio.gather(*(tasks.delete(user, task.id) for _ in range(10)), return_exceptions=True)
    assert outcomes.count(None) == 1
    assert [type(outcome) for outcome in outcomes if outcome is not None] == [NotFoundError] * 9


async def test_a_task_that_comes_back_stands_last_of_its_moment(tasks: TaskRepository, user: str) -> None:
    first, second = await added(tasks, user, "a", "b")
    await tasks.delete(user, first.id)
    await tasks.add(first)
    assert await tasks.list(user) == [second, first]
    assert await tasks.list(user, after=first.id) == []
