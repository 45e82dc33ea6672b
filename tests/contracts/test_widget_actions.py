"""What every `WidgetActions` promises, on the actions of tasks, of an assistant, and of both together."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from chatkit.actions import Action
from chatkit.types import (
    HiddenContextItem,
    ThreadItem,
    ThreadItemDoneEvent,
    ThreadItemReplacedEvent,
    ThreadMetadata,
    WidgetItem,
)
from chatkit.widgets import Card, Text

from app.adapters.agents_sdk.assistant_actions import AssistantActions
from app.application.tasks.service import TaskService
from app.application.tasks.widget_actions import TaskActions
from app.application.widgets.joined_actions import JoinedActions
from app.domain.errors import InvalidInputError
from app.domain.identity import RequestContext
from app.ports.storage import Storage
from app.ports.widget_actions import WidgetActions
from tests.assistants.poll import barista
from tests.factories import widget


class Subject(msgspec.Struct, kw_only=True):
    """Actions under test, one of them that changes its widget, and the words of the change."""

    actions: WidgetActions
    action: Action[str, Any]
    shows: str


async def of_tasks(storage: Storage, user: str) -> Subject:
    """The actions of tasks, and a click that completes one of the user's."""
    tasks = TaskService(storage.tasks)
    task = await tasks.create(user, "buy milk")
    action = Action[str, Any](type="tasks.complete", payload={"id": task.id})
    return Subject(actions=TaskActions(storage.threads, tasks), action=action, shows="Reopen")


async def of_an_assistant(storage: Storage, user: str) -> Subject:
    """The actions of an assistant, and a vote."""
    action = Action[str, Any](type="poll.vote", payload={"choice": "tea"})
    return Subject(actions=AssistantActions(storage.threads, barista.actions), action=action, shows="tea: 1")


async def joined(storage: Storage, user: str) -> Subject:
    """Both, and a vote."""
    tasks, own = await of_tasks(storage, user), await of_an_assistant(storage, user)
    return Subject(actions=JoinedActions([tasks.actions, own.actions]), action=own.action, shows=own.shows)


@pytest.fixture(params=[of_tasks, of_an_assistant, joined])
async def subject(request: pytest.FixtureRequest, storage: Storage, ann: RequestContext) -> Subject:
    """The actions of each kind."""
    make: Callable[..., Any] = request.param
    made: Subject = await make(storage, ann.user_id)
    return made


@pytest.fixture
async def sender(storage: Storage, ann: RequestContext, begun: ThreadMetadata) -> WidgetItem:
    """A stored widget."""
    item = widget(begun.id, Card(children=[Text(value="old")]))
    await storage.threads.add_thread_item(begun.id, item, ann)
    return item


async def stored(storage: Storage, begun: ThreadMetadata, ann: RequestContext) -> list[ThreadItem]:
    """The items of the thread."""
    return (await storage.threads.load_thread_items(begun.id, None, 20, "asc", ann)).data


async def test_an_unknown_action_is_refused_with_the_known_ones(subject: Subject) -> None:
    with pytest.raises(InvalidInputError) as refused:
        subject.actions.check(Action[str, Any](type="unheard.of", payload={"id": "canary"}))
    for kind in subject.actions.types:
        assert kind in refused.value.message
    assert "canary" not in refused.value.message
    assert "unheard.of" not in subject.actions.types


async def test_a_stream_replaces_the_sender_in_its_place(
    subject: Subject, sender: WidgetItem, begun: ThreadMetadata, ann: RequestContext
) -> None:
    subject.actions.check(subject.action)
    events = [event async for event in subject.actions.stream(begun, subject.action, sender, ann)]
    [replaced] = [event.item for event in events if isinstance(event, ThreadItemReplacedEvent)]
    assert (replaced.id, replaced.thread_id, replaced.created_at) == (sender.id, begun.id, sender.created_at)
    assert subject.shows in replaced.model_dump_json()
    [told] = [event.item for event in events if isinstance(event, ThreadItemDoneEvent)]
    assert isinstance(told, HiddenContextItem)
    assert told.thread_id == begun.id


async def test_a_single_response_stores_what_a_stream_shows(
    subject: Subject, sender: WidgetItem, storage: Storage, begun: ThreadMetadata, ann: RequestContext
) -> None:
    answer = await subject.actions.sync(begun, subject.action, sender, ann)
    assert answer.updated_item is not None
    changed, told = await stored(storage, begun, ann)
    assert changed == answer.updated_item
    assert changed.id == sender.id
    assert subject.shows in changed.model_dump_json()
    assert isinstance(told, HiddenContextItem)


async def test_an_action_without_a_widget_touches_no_widget_of_the_thread(
    subject: Subject, sender: WidgetItem, storage: Storage, begun: ThreadMetadata, ann: RequestContext
) -> None:
    events = [event async for event in subject.actions.stream(begun, subject.action, None, ann)]
    assert not [event for event in events if isinstance(event, ThreadItemReplacedEvent)]
    await subject.actions.sync(begun, subject.action, None, ann)
    assert next(item for item in await stored(storage, begun, ann) if item.id == sender.id) == sender


async def test_a_stream_that_is_closed_leaves_nothing_running(
    subject: Subject, sender: WidgetItem, begun: ThreadMetadata, ann: RequestContext
) -> None:
    events = subject.actions.stream(begun, subject.action, sender, ann)
    await anext(events)
    await events.aclose()
    with pytest.raises(StopAsyncIteration):
        await anext(events)


def test_no_parts_know_no_action() -> None:
    nothing = JoinedActions([])
    assert nothing.types == ()
    with pytest.raises(InvalidInputError, match="has no actions"):
        nothing.check(Action[str, Any](type="tasks.list", payload=None))
