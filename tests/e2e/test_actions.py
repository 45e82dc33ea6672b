"""Clicks in widgets, as ChatKit's front end sends them, and the notifications of page and model."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from chatkit.types import (
    ClientEffectEvent,
    StreamOptionsEvent,
    ThreadItemReplacedEvent,
    ThreadItemUpdatedEvent,
    WidgetItem,
)

from tests.chatkit_client import ChatKitClient, Exchange, user_input


@pytest.fixture(autouse=True)
async def tidy(client: ChatKitClient) -> AsyncIterator[None]:
    """Delete the tasks of each test, because all tests share the server."""
    yield
    for task in (await client.http.get("/api/tasks")).json():
        await client.http.delete(f"/api/tasks/{task['id']}")


async def shown_list(client: ChatKitClient, title: str) -> tuple[str, WidgetItem, str]:
    """A thread with a list in it, the list, and the id of a new task of that title."""
    task = (await client.http.post("/api/tasks", json={"title": title})).json()
    exchange = await client.say("Show me my tasks")
    [widget] = [item for item in exchange.items if isinstance(item, WidgetItem)]
    return exchange.thread_id, widget, task["id"]


def effects(events: list[Any]) -> list[dict[str, Any]]:
    """The data of the effects among some events."""
    return [event.data for event in events if isinstance(event, ClientEffectEvent) and event.name == "tasks.changed"]


async def test_a_click_changes_the_widget_in_place(client: ChatKitClient) -> None:
    thread, widget, task = await shown_list(client, "click me")
    action = {"type": "tasks.open", "payload": {"id": task, "list": {}}}
    events = await client.events("threads.custom_action", thread_id=thread, item_id=widget.id, action=action)
    options, replaced = events
    assert isinstance(options, StreamOptionsEvent)
    assert isinstance(replaced, ThreadItemReplacedEvent)
    assert replaced.item.id == widget.id

    action = {"type": "tasks.complete", "payload": {"id": task, "list": {}}}
    events = await client.events("threads.custom_action", thread_id=thread, item_id=widget.id, action=action)
    assert effects(events) == [{"event": "completed", "task_id": task, "version": 2}]
    items = (await client.call("items.list", thread_id=thread, order="asc", limit=100))["data"]
    assert "hidden" not in str([item["type"] for item in items]), "what the model is told is not for the page"
    [stored] = [item for item in items if item["id"] == widget.id]
    assert "Reopen" in str(stored), "a reload shows the card as it is now"
    assert (await client.http.get(f"/api/tasks/{task}")).json()["status"] == "completed"


async def test_the_same_in_one_answer(client: ChatKitClient) -> None:
    thread, widget, task = await shown_list(client, "click me at once")
    action = {"type": "tasks.open", "payload": {"id": task}}
    answer = await client.call("threads.sync_custom_action", thread_id=thread, item_id=widget.id, action=action)
    assert answer["updated_item"]["id"] == widget.id
    assert "click me at once" in str(answer["updated_item"]["widget"])
    action = {"type": "tasks.delete", "payload": {"id": task}}
    await client.call("threads.sync_custom_action", thread_id=thread, item_id=widget.id, action=action)
    assert (await client.http.get(f"/api/tasks/{task}")).status_code == httpx.codes.NOT_FOUND


@pytest.mark.parametrize("kind", ["threads.custom_action", "threads.sync_custom_action"])
@pytest.mark.parametrize(
    "action",
    [
        {"type": "tasks.fly"},
        {"type": "tasks.complete"},
        {"type": "tasks.complete", "payload": {"id": 7}},
        {"type": "tasks.complete", "payload": [1]},
        {"type": "tasks.save", "payload": {"id": "task_1", "version": "1", "title": "x", "priority": "low"}},
        {"type": "tasks.save", "payload": {"id": "task_1", "version": 1, "title": "x", "priority": "canary"}},
        {"type": "tasks.save", "payload": {"id": "t", "version": 1, "title": "", "priority": "low", "due": "canary"}},
    ],
)
async def test_what_is_no_action_is_refused_before_a_stream_opens(
    client: ChatKitClient, kind: str, action: dict[str, Any]
) -> None:
    thread, widget, _ = await shown_list(client, "stay")
    problem = await client.refused(kind, thread_id=thread, item_id=widget.id, action=action)
    assert problem["status"] == httpx.codes.BAD_REQUEST
    assert "canary" not in problem["message"]


async def test_only_a_widget_sends_actions(client: ChatKitClient) -> None:
    exchange = await client.say("Hello!")
    for kind in ("threads.custom_action", "threads.sync_custom_action"):
        action = {"type": "tasks.list"}
        await client.refused(kind, thread_id=exchange.thread_id, item_id=exchange.items[-1].id, action=action)
        await client.refused(kind, thread_id=exchange.thread_id, item_id="wid_none", action=action)
        await client.refused(kind, thread_id="thr_none", action=action)


async def test_the_page_is_notified_once_of_each_change_of_a_tool(client: ChatKitClient) -> None:
    thread = (await client.say("Hello!")).thread_id
    told: list[str] = []
    for text in ("Add a task: be heard of", "Complete it", "Complete it", "Show me my tasks", "Delete be heard of"):
        exchange: Exchange = await client.say(text, thread)
        told += [data["event"] for data in effects(exchange.events)]
    assert told == ["created", "completed", "deleted"]


async def test_one_task_is_shown_as_a_card(client: ChatKitClient) -> None:
    await client.http.post("/api/tasks", json={"title": "look at the card", "description": "closely"})
    exchange = await client.say("Tell me about look at the card")
    [widget] = [item for item in exchange.items if isinstance(item, WidgetItem)]
    assert widget.widget.type == "Card"
    assert "closely" in str(widget.copy_text)


async def test_an_answer_links_the_task_that_it_names(client: ChatKitClient) -> None:
    exchange = await client.say("Add a task: link this one")
    added = [
        event.update
        for event in exchange.events
        if isinstance(event, ThreadItemUpdatedEvent)
        and event.update.type == "assistant_message.content_part.annotation_added"
    ]
    [content] = exchange.items[-1].content
    [annotation] = content.annotations
    assert [update.annotation for update in added] == [annotation]
    assert annotation.source.title == "link this one"
    stored = await client.call("items.list", thread_id=exchange.thread_id, order="desc", limit=1)
    assert stored["data"][0]["content"][0]["annotations"][0]["source"]["id"] == annotation.source.id


async def test_a_task_can_be_searched_for_and_mentioned(client: ChatKitClient) -> None:
    await client.http.post("/api/tasks", json={"title": "mention this one"})
    [found] = (await client.http.get("/api/entities", params={"query": "MENTION this"})).json()
    tag = {"type": "input_tag", "id": found["id"], "text": found["title"], "data": found["data"], "interactive": True}
    content = [{"type": "input_text", "text": "Complete "}, tag]
    exchange = Exchange(await client.events("threads.create", input=user_input("", content=content)))
    assert exchange.error is None
    assert exchange.items[0].content[1].id == found["id"]
    for params in ({"limit": 0}, {"limit": 51}, {"query": "x" * 201}):
        assert httpx.codes.is_client_error((await client.http.get("/api/entities", params=params)).status_code)
