"""What is stored before a request: the same for both servers, each for a user of its own."""

import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from chatkit.types import ClientToolCallItem, ThreadItem
from dishka import AsyncContainer

from app.application.attachments.service import Attachments
from app.application.tasks.service import TaskService
from app.application.tasks.widgets.components import TaskListView
from app.application.tasks.widgets.task_list import page_of, task_list
from app.chatkit_json.type_adapters import type_adapter
from app.domain.identity import RequestContext
from app.domain.ids import new_id
from app.ports.thread_store import ThreadStore
from tests import factories
from tests.widgets import CARD

_FORM: list[dict[str, Any]] = [
    {"type": "multiple_choice", "id": "q1", "question": "Which?", "options": [{"value": "this"}, {"value": "that"}]},
    {"type": "multiple_choice", "id": "q2", "question": "All?", "multiple": True, "options": [{"value": "these"}]},
    {"type": "freeform", "id": "q3", "question": "Why?"},
]


class World(msgspec.Struct, kw_only=True):
    """The ids of what a user has."""

    threads: dict[str, str]
    items: dict[str, str]
    files: dict[str, str]
    task: str

    def id(self, name: str) -> str:
        """The id behind a name; a name that nothing has is an unknown id."""
        return {**self.threads, **self.items, **self.files, "task": self.task}.get(name, name)


async def seeded(container: AsyncContainer, caller: RequestContext) -> World:
    """A user with a thread for each situation."""
    store = await container.get(ThreadStore)
    tasks, files = await container.get(TaskService), await container.get(Attachments)
    task = await tasks.create(caller.user_id, "Buy milk")
    shown = task_list(page_of([task], TaskListView()), tasks.today)
    world = World(threads={}, items={}, files={}, task=task.id)
    await _thread(store, caller, world, "talk", "user said hidden")
    await _thread(store, caller, world, "untitled", "user said", title=None)
    await _thread(store, caller, world, "clicked", "user widget", widget=shown)
    await _thread(store, caller, world, "asked", "user form answered")
    await _thread(store, caller, world, "called", "user call")
    await _thread(store, caller, world, "called before", "user call said")
    await _thread(store, caller, world, "called twice", "user call call2")
    world.files["file"] = (await files.add("notes.txt", _once(b"hello"), caller)).id
    return world


async def _thread(
    store: ThreadStore,
    caller: RequestContext,
    world: World,
    name: str,
    items: str,
    *,
    title: str | None = "Cheese",
    widget: Any = None,
) -> None:
    now = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=20)
    thread = factories.thread(at=now, title=title)
    await store.save_thread(thread, caller)
    world.threads[name] = thread.id
    for number, kind in enumerate(items.split()):
        item = _item(kind, thread.id, now + dt.timedelta(milliseconds=number), widget)
        await store.add_thread_item(thread.id, item, caller)
        world.items[f"{name}/{kind}"] = item.id


def _item(kind: str, thread_id: str, at: dt.datetime, widget: Any) -> ThreadItem:
    about: dict[str, Any] = {"id": new_id("msg"), "thread_id": thread_id, "created_at": at}
    match kind:
        case "user":
            return factories.message(thread_id, about["id"], at=at)
        case "said":
            return factories.answer(thread_id, about["id"], at=at)
        case "hidden":
            return factories.hidden(thread_id, about["id"], at=at)
        case "call" | "call2":
            return ClientToolCallItem(call_id=kind, name="look", arguments={}, **about)
        case "widget":
            return type_adapter(ThreadItem).validate_python({"type": "widget", "widget": widget or CARD, **about})  # type: ignore[no-any-return]
        case "form":
            return type_adapter(ThreadItem).validate_python({"type": "structured_input", "inputs": _FORM, **about})  # type: ignore[no-any-return]
    done = {"type": "structured_input", "status": "answered", "inputs": _FORM, **about}
    return type_adapter(ThreadItem).validate_python(done)  # type: ignore[no-any-return]


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
