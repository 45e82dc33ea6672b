"""How often a request asks the thread store: nothing is looked up twice."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any, cast

import pytest
from dishka import AsyncContainer, Provider, Scope, decorate

from app.application.turns.turn import Turn
from app.bootstrap import make_container, read_settings
from app.domain.identity import RequestContext
from app.entrypoints.chatkit.dispatcher import ChatKitDispatcher
from app.ports.thread_store import ThreadStore
from tests.chatkit_client import user_input
from tests.stock.sides import ScriptedWiring
from tests.stock.world import World, seeded

ENVIRONMENT = {"LLM_PROVIDER": "demo", "DATABASE_URL": "memory://", "TITLES": "off"}
ANSWERED = ["load_context", "add_thread_item"]
"""The thread is recalled for its answer, and that is stored."""


class Counting:
    """A thread store, and the calls that it got."""

    def __init__(self, real: ThreadStore) -> None:
        self._real = real
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        method: Callable[..., Any] = getattr(self._real, name)
        if not name.startswith("generate"):
            self.calls.append(name)
        return method


class CountingWiring(Provider):
    """It stands before the real one."""

    scope = Scope.APP

    @decorate
    def threads(self, real: ThreadStore) -> ThreadStore:
        return cast("ThreadStore", Counting(real))


@pytest.fixture(scope="module")
async def container() -> AsyncIterator[AsyncContainer]:
    """The application without HTTP, with an assistant that sends one message."""
    container = make_container(read_settings(ENVIRONMENT), ScriptedWiring(), CountingWiring())
    try:
        yield container
    finally:
        await container.close()


def requests(world: World) -> dict[str, tuple[str, dict[str, Any], list[str]]]:
    """By name: the request, and the calls that it takes."""
    hello, file = user_input("Hello!"), world.id("file")
    click = {"type": "tasks.complete", "payload": {"id": world.task, "list": {}}}
    clicked = {"thread_id": world.id("clicked"), "item_id": world.id("clicked/widget"), "action": click}
    carried_out = ["load_thread", "load_item", "save_item", "add_thread_item"]
    form = {
        "thread_id": world.id("asked"),
        "item_id": world.id("asked/form"),
        "input": {"status": "skipped", "answers": {}},
    }
    again = {"thread_id": world.id("talk"), "item_id": world.id("talk/user")}
    removed = ["delete_thread_item", "delete_thread_item"]
    thread = {"thread_id": world.id("talk")}
    return {
        "a first message": ("threads.create", {"input": hello}, ["create_thread", "add_thread_item"]),
        "a message": ("threads.add_user_message", {**thread, "input": hello}, ANSWERED),
        "a message with a file": (
            "threads.add_user_message",
            {**thread, "input": {**hello, "attachments": [file]}},
            ["load_attachment", "save_attachment", *ANSWERED],
        ),
        "a retry": ("threads.retry_after_item", again, ["load_item", "load_thread_items", *removed, *ANSWERED]),
        "a page's result": (
            "threads.add_client_tool_output",
            {"thread_id": world.id("called"), "result": 1},
            ["load_thread_items", "save_item", *ANSWERED],
        ),
        # Before the turn, and in it: of two answers at once the second finds the first.
        "a form": ("threads.add_structured_input", form, ["load_item", "load_item", "save_item", *ANSWERED]),
        "a click": ("threads.custom_action", clicked, carried_out),
        "a click at once": ("threads.sync_custom_action", clicked, carried_out),
        "a thread": ("threads.get_by_id", thread, ["load_thread", "load_thread_items"]),
        "a file": ("attachments.create", {"name": "a", "size": 1, "mime_type": "text/plain"}, []),
    }


NAMES = sorted(requests(World(threads={}, items={}, files={}, task="")))


@pytest.mark.parametrize("name", NAMES)
async def test_a_request_takes_no_more_calls(container: AsyncContainer, name: str) -> None:
    caller = RequestContext(user_id=name, base_url="http://chat.example")
    kind, params, expected = requests(await seeded(container, caller))[name]
    store, server = await container.get(ThreadStore), await container.get(ChatKitDispatcher)
    assert isinstance(store, Counting)
    store.calls.clear()
    begun = await (await server.receive(json.dumps({"type": kind, "params": params}).encode(), caller)).begin()
    if isinstance(begun, Turn):
        said = [chunk async for chunk in begun.follow()]
        await begun.wait_ended()
        assert b'"error"' not in b"".join(said)
    assert store.calls == expected
