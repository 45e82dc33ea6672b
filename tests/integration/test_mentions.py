"""@mentions of tasks: the suggestions of the composer, and the input of the model."""

import datetime as dt
from typing import Any

import pytest
from chatkit.types import UserMessageItem

from app.adapters.agents_sdk.input.model_input import to_model_input
from app.adapters.stores.memory import MemoryStorage
from app.adapters.stores.memory.tasks import MemoryTaskRepository
from app.application.conversation.mentions import Mentions
from app.application.tasks.service import TaskService
from app.domain.identity import RequestContext
from app.domain.model_ref import ModelRef
from app.domain.task import COMPLETED, Task, TaskChange

ADA, BOB = RequestContext(user_id="ada"), RequestContext(user_id="bob")
NOON = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)


@pytest.fixture
def tasks() -> TaskService:
    return TaskService(MemoryStorage().tasks)


def tag(id_: str, text: str, **data: Any) -> dict[str, Any]:
    return {"type": "input_tag", "id": id_, "text": text, "data": data, "group": "Tasks", "interactive": True}


def message(*content: dict[str, Any]) -> UserMessageItem:
    parts = [{"type": "input_text", "text": "About "}, *content]
    return UserMessageItem.model_validate(
        {"id": "msg_1", "thread_id": "thr_1", "created_at": NOON, "content": parts, "inference_options": {}}
    )


async def told(tasks: TaskService, item: UserMessageItem, context: RequestContext = ADA) -> str:
    """Return the whole input of the model."""
    entries = await Mentions(tasks).resolved([item], context)
    return str(await to_model_input(entries, ModelRef("demo", "demo")))


async def milk(tasks: TaskService, title: str = "Buy milk") -> Task:
    return await tasks.create("ada", title, TaskChange(due=dt.date(2026, 12, 1)))


async def test_the_composer_finds_tasks_by_a_part_of_their_title(tasks: TaskService) -> None:
    task = await milk(tasks)
    await milk(tasks, "Call Ann")
    [found] = await Mentions(tasks).search("ada", "MILK", limit=10)
    assert (found.id, found.title, found.group, found.interactive) == (task.id, "Buy milk", "Tasks", True)
    assert found.data == {"type": "task", "status": "pending", "priority": "medium", "due": "2026-12-01"}
    assert len(await Mentions(tasks).search("ada", "", limit=10)) == 2
    assert len(await Mentions(tasks).search("ada", "", limit=1)) == 1
    assert await Mentions(tasks).search("bob", "milk", limit=10) == []


async def test_a_mention_carries_the_present_state_of_the_task(tasks: TaskService) -> None:
    task = await milk(tasks)
    await tasks.change("ada", task.id, COMPLETED)
    text = await told(tasks, message(tag(task.id, "Buy milk", status="pending", told="a lie")))
    assert f'"id":"{task.id}","title":"Buy milk","status":"completed"' in text
    assert "About @Buy milk" in text
    assert "a lie" not in text, "a client's word is not believed"


@pytest.mark.parametrize("gone", [True, False])
async def test_a_deleted_task_and_one_of_another_user_are_left_out(tasks: TaskService, gone: bool) -> None:
    task = await milk(tasks, "Secret plan")
    if gone:
        await tasks.remove("ada", task.id)
    text = await told(tasks, message(tag(task.id, "something")), ADA if gone else BOB)
    assert "a task that is not there" in text
    assert "Secret plan" not in text


async def test_two_tasks_of_one_title_are_both_named(tasks: TaskService) -> None:
    first, second = await milk(tasks), await milk(tasks)
    text = await told(tasks, message(tag(first.id, "Buy milk"), tag(second.id, "Buy milk")))
    assert first.id in text
    assert second.id in text


async def test_mentions_of_other_entities_are_left_unchanged(tasks: TaskService) -> None:
    item = message(tag("customer_7", "ACME"))
    assert await Mentions(tasks).resolved([item], ADA) == [item]
    assert "the entity with the id customer_7" in await told(tasks, item)


async def test_a_whole_conversation_takes_one_query() -> None:
    class Counting(MemoryTaskRepository):
        queries = 0

        async def get_several(self, user_id: str, task_ids: Any) -> Any:
            Counting.queries += 1
            return await super().get_several(user_id, task_ids)

    tasks = TaskService(Counting())
    made = [await milk(tasks, f"task {number}") for number in range(3)]
    items = [message(tag(task.id, task.title)) for task in made]
    await Mentions(tasks).resolved(items, ADA)
    assert Counting.queries == 1
    await Mentions(tasks).resolved([message()], ADA)
    assert Counting.queries == 1, "without a mention none is needed"
