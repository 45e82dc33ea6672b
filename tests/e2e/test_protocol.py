"""Every event and every item of ChatKit's protocol, over HTTP."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from chatkit.types import ClientEffectEvent, ThreadItem, ThreadItemRemovedEvent, ThreadMetadata

from app.adapters.stores import open_storage
from app.domain.identity import RequestContext
from app.environment import Secret
from tests.chatkit_client import ChatKitClient
from tests.factories import NOON, items_of_every_type
from tests.fakes.chat_wire import OpenAIChat
from tests.fakes.dialects import SECRET, Call
from tests.fakes.upstream import Upstream
from tests.protocol import kinds
from tests.server import running

ME = RequestContext(user_id="local")
HIDDEN = {"hidden_context_item", "sdk_hidden_context"}


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncGenerator[tuple[ChatKitClient, list[ThreadItem]], None]:
    """A thread that holds every item there is, in the file of a server."""
    url = f"sqlite:///{tmp_path}/anyport.db"
    storage = open_storage(Secret(url), pool_size=1)
    await storage.start()
    items = items_of_every_type("thr_all")
    await storage.threads.save_thread(ThreadMetadata(id="thr_all", created_at=NOON), ME)
    for item in items:
        await storage.threads.add_thread_item("thr_all", item, ME)
    await storage.aclose()
    environment = {"DATABASE_URL": url, "DEMO_DELAY_MS": "0"}
    async with running(tmp_path, environment) as server, ChatKitClient(server.url) as client:
        yield client, items


async def test_every_item_is_listed_as_it_was_and_answered(kept: tuple[ChatKitClient, list[ThreadItem]]) -> None:
    client, items = kept
    shown = [item for item in items if item.type not in HIDDEN]
    assert {item.type for item in items} == kinds(ThreadItem)
    page = await client.call("items.list", thread_id="thr_all", order="asc", limit=100)
    assert [item["id"] for item in page["data"]] == [item.id for item in shown]
    assert {item["type"] for item in page["data"]} == kinds(ThreadItem) - HIDDEN
    thread = await client.call("threads.get_by_id", thread_id="thr_all")
    assert not HIDDEN & {item["type"] for item in thread["items"]["data"]}
    exchange = await client.say("Hello!", "thr_all")
    assert exchange.error is None, "there is nothing in a thread that a model cannot be told of"
    assert "Hello" in exchange.text


async def test_a_retry_announces_the_items_that_it_removes(client: ChatKitClient) -> None:
    exchange = await client.say("Show me my tasks")
    gone = [item.id for item in exchange.items[1:]]
    request = {"thread_id": exchange.thread_id, "item_id": exchange.items[0].id}
    events = await client.events("threads.retry_after_item", **request)
    assert [event.item_id for event in events if isinstance(event, ThreadItemRemovedEvent)] == gone[::-1]


async def test_a_tool_notifies_the_page_of_its_change(tmp_path: Path) -> None:
    wire = OpenAIChat()
    async with Upstream(wire.guard) as upstream:
        upstream.script(wire.calls(Call("ring", {})), wire.text("Ding dong."))
        environment = {
            "ASSISTANT": "tests.fakes.bell:bell",
            "OPENAI_API_KEY": SECRET,
            "OPENAI_BASE_URL": f"{upstream.url}/v1",
            "DATABASE_URL": "memory://",
            "TITLES": "off",
        }
        async with running(tmp_path, environment) as server, ChatKitClient(server.url) as client:
            exchange = await client.say("Ring the bell!")
    [effect] = [event for event in exchange.events if isinstance(event, ClientEffectEvent)]
    assert (effect.name, effect.data) == ("bell.rang", {"times": 2})
    assert exchange.text == "Ding dong."


async def test_threads_are_listed_page_by_page(tmp_path: Path) -> None:
    environment = {"DATABASE_URL": "memory://", "DEMO_DELAY_MS": "0"}
    async with running(tmp_path, environment) as server, ChatKitClient(server.url) as client:
        begun = [(await client.say("Hello!")).thread_id for _ in range(5)]
        for order, expected in (("asc", begun), ("desc", begun[::-1])):
            found: list[str] = []
            page: dict[str, Any] = {"has_more": True}
            while page["has_more"]:
                page = await client.call("threads.list", limit=2, order=order, after=page.get("after"))
                found += [thread["id"] for thread in page["data"]]
            assert found == expected
        await client.refused("threads.list", after="thr_none")


async def test_a_thread_is_renamed_and_deleted(client: ChatKitClient) -> None:
    thread = (await client.say("Hello!")).thread_id
    title = "<b>Milk</b> \u202e 👩‍👩‍👧 {{7*7}}"
    assert (await client.call("threads.update", thread_id=thread, title=title))["title"] == title
    assert (await client.call("threads.get_by_id", thread_id=thread))["title"] == title
    assert await client.call("threads.delete", thread_id=thread) == {}
    for request in ("threads.get_by_id", "items.list", "threads.delete"):
        assert (await client.refused(request, thread_id=thread))["status"] == 404
