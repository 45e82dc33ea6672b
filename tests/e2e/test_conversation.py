"""A conversation as ChatKit's front end has it: over HTTP, with the real server."""

import datetime as dt
from pathlib import Path
from typing import Any

from chatkit.types import (
    AssistantMessageItem,
    ProgressUpdateEvent,
    StreamOptionsEvent,
    ThreadCreatedEvent,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemUpdatedEvent,
    UserMessageItem,
    WidgetItem,
    WorkflowItem,
)

from app.application.turns.transcript import thread_item
from tests.chatkit_client import ChatKitClient, Exchange, user_input
from tests.server import ServerProcess, running


async def shown_items(client: ChatKitClient, thread_id: str) -> list[dict[str, Any]]:
    page = await client.call("items.list", thread_id=thread_id, order="asc", limit=100)
    items: list[dict[str, Any]] = page["data"]
    return items


async def test_a_stream_begins_as_the_client_expects(client: ChatKitClient) -> None:
    exchange = await client.say("Hello!")
    created, user, options = exchange.events[:3]
    assert isinstance(created, ThreadCreatedEvent)
    assert isinstance(user, ThreadItemDoneEvent)
    assert isinstance(user.item, UserMessageItem)
    assert isinstance(options, StreamOptionsEvent)
    assert options.stream_options.allow_cancel
    assert exchange.text
    assert exchange.error is None


async def test_the_answer_streams_token_by_token_under_one_id(client: ChatKitClient) -> None:
    exchange = await client.say("What can you help me with?")
    message = exchange.items[-1]
    assert isinstance(message, AssistantMessageItem)
    deltas = [
        event.update.delta
        for event in exchange.events
        if isinstance(event, ThreadItemUpdatedEvent)
        and event.item_id == message.id
        and event.update.type == "assistant_message.content_part.text_delta"
    ]
    assert len(deltas) > 5
    assert "".join(deltas) == message.content[0].text


async def test_the_first_event_is_out_long_before_the_model_is_done(client: ChatKitClient) -> None:
    seen = []
    async for event in client.stream("threads.create", input=user_input("count to 500")):
        seen.append(event.type)
        if isinstance(event, ThreadItemAddedEvent):
            break
    assert "thread.created" in seen
    assert "thread.item.done" in seen, "the user's message is echoed before the model is asked"


async def test_tools_run_and_are_seen(client: ChatKitClient) -> None:
    exchange = await client.say("Add a task: water the plants, high priority")
    assert any(isinstance(event, ProgressUpdateEvent) for event in exchange.events)
    assert [type(item) for item in exchange.items] == [UserMessageItem, WorkflowItem, AssistantMessageItem]
    tasks = (await client.http.get("/api/tasks")).json()
    [task] = [task for task in tasks if task["title"] == "water the plants"]
    assert (task["priority"], task["status"]) == ("high", "pending")


async def test_the_list_is_a_widget(client: ChatKitClient) -> None:
    await client.say("Add a task: call the plumber")
    exchange = await client.say("Show me my tasks")
    [widget] = [item for item in exchange.items if isinstance(item, WidgetItem)]
    assert widget.widget.type == "ListView"
    assert "call the plumber" in widget.model_dump_json()


async def test_a_task_lives_from_creation_to_deletion(client: ChatKitClient) -> None:
    thread = (await client.say("Add a task: buy milk")).thread_id

    async def status() -> dict[str, str]:
        return {task["title"]: task["status"] for task in (await client.http.get("/api/tasks")).json()}

    assert (await status())["buy milk"] == "pending"
    await client.say("Complete buy milk", thread)
    assert (await status())["buy milk"] == "completed"
    await client.say("Reopen buy milk", thread)
    assert (await status())["buy milk"] == "pending"
    await client.say("Rename buy milk to buy oat milk", thread)
    assert "buy milk" not in await status()
    await client.say("Delete buy oat milk", thread)
    assert "buy oat milk" not in await status()


async def test_every_item_has_an_id_of_its_own_and_a_time_in_utc(client: ChatKitClient) -> None:
    thread = ""
    ids: list[str] = []
    for text in ("Hello!", "Add a task: sleep", "Show me my tasks", "Complete sleep"):
        exchange = await client.say(text, thread or None)
        thread = exchange.thread_id
        ids += [item.id for item in exchange.items]
        assert all(item.created_at.utcoffset() == dt.timedelta(0) for item in exchange.items)
    assert len(set(ids)) == len(ids)
    assert not any("fake" in item_id for item_id in ids)
    assert [item["id"] for item in await shown_items(client, thread)] == ids


async def test_a_reload_shows_what_was_streamed(client: ChatKitClient) -> None:
    first = await client.say("Add a task: buy stamps")
    second = await client.say("Show me my tasks", first.thread_id)
    streamed = [item.model_dump(mode="json", exclude_none=True) for item in first.items + second.items]
    reloaded = await client.call("threads.get_by_id", thread_id=first.thread_id)
    assert reloaded["items"]["data"] == await shown_items(client, first.thread_id)
    read = [thread_item(item).model_dump(mode="json", exclude_none=True) for item in reloaded["items"]["data"]]
    assert [_comparable(item) for item in read] == [_comparable(item) for item in streamed]
    assert first.thread_id in [thread["id"] for thread in (await client.call("threads.list"))["data"]]


async def test_a_thread_gets_its_title_from_the_first_words(client: ChatKitClient) -> None:
    exchange = await client.say("Hello, who are you?")
    assert isinstance(exchange.events[0], ThreadCreatedEvent)
    assert exchange.events[0].thread.title == "Hello, who are you?"
    assert (await client.call("threads.get_by_id", thread_id=exchange.thread_id))["title"] == "Hello, who are you?"
    renamed = await client.call("threads.update", thread_id=exchange.thread_id, title="Us")
    assert renamed["title"] == "Us"
    await client.say("And now?", exchange.thread_id)
    assert (await client.call("threads.get_by_id", thread_id=exchange.thread_id))["title"] == "Us"


async def test_earlier_tool_results_reach_the_model(client: ChatKitClient) -> None:
    exchange = await client.say("Add a task: paint the fence")
    await client.say("Delete it", exchange.thread_id)
    tasks = [task["title"] for task in (await client.http.get("/api/tasks")).json()]
    assert "paint the fence" not in tasks, "“it” is known only from the tool result of the turn before"


async def test_a_restart_loses_nothing(tmp_path: Path) -> None:
    async with running(tmp_path) as server, ChatKitClient(server.url) as client:
        exchange = await client.say("Add a task: survive")
        before = await shown_items(client, exchange.thread_id)
    async with running(tmp_path) as server, ChatKitClient(server.url) as client:
        assert await shown_items(client, exchange.thread_id) == before
        await client.say("Complete it", exchange.thread_id)
        [task] = (await client.http.get("/api/tasks")).json()
        assert (task["title"], task["status"]) == ("survive", "completed")


async def test_a_message_after_stop_keeps_the_shown_text(server: ServerProcess, client: ChatKitClient) -> None:
    thread, said = await _stopped(server, "count to 1000", after_deltas=20)
    again = await client.say("Hello again", thread)
    assert again.text
    answer = next(item for item in await shown_items(client, thread) if item["type"] == "assistant_message")
    stored = answer["content"][0]["text"]
    assert stored.startswith(said)
    assert "1000" not in stored, "the model was stopped"


async def test_a_retry_answers_the_same_message_again(client: ChatKitClient) -> None:
    exchange = await client.say("What can you help me with?")
    user = exchange.items[0]
    events = await client.events("threads.retry_after_item", thread_id=exchange.thread_id, item_id=user.id)
    again = Exchange(events, exchange.thread_id)
    assert again.text == exchange.text
    items = await shown_items(client, exchange.thread_id)
    assert [item["type"] for item in items] == ["user_message", "assistant_message"]


async def test_the_alias_is_the_same_endpoint(server: ServerProcess) -> None:
    async with ChatKitClient(server.url, path="/api/chatkit") as client:
        assert (await client.say("Hello!")).text


async def test_two_threads_stream_side_by_side(client: ChatKitClient) -> None:
    first = client.stream("threads.create", input=user_input("count to 200"))
    await anext(first)
    second = await client.say("Hello!")
    assert second.text
    rest = Exchange([event async for event in first])
    assert rest.text.rstrip(".! ").endswith("200")


def _comparable(item: dict[str, Any]) -> dict[str, Any]:
    return {**item, "created_at": dt.datetime.fromisoformat(item["created_at"])}


async def _stopped(server: ServerProcess, text: str, *, after_deltas: int) -> tuple[str, str]:
    """Send a message, and disconnect in the middle of the answer; return the thread and the text so far."""
    said, thread = "", ""
    async with ChatKitClient(server.url) as leaving:
        async for event in leaving.stream("threads.create", input=user_input(text)):
            if isinstance(event, ThreadCreatedEvent):
                thread = event.thread.id
            if isinstance(event, ThreadItemUpdatedEvent) and hasattr(event.update, "delta"):
                said += event.update.delta
                after_deltas -= 1
                if not after_deltas:
                    break
    return thread, said
