"""Change feed: the changes of one page reach the other pages of its user."""

import json

import httpx
from chatkit.types import ThreadCreatedEvent

from tests.chatkit_client import ChatKitClient, user_input
from tests.server import ServerProcess


async def test_a_second_page_is_notified_of_threads_items_and_tasks(
    server: ServerProcess, client: ChatKitClient
) -> None:
    told: list[dict[str, str]] = []
    async with ChatKitClient(server.url) as other, other.http.stream("GET", "/api/events") as response:
        assert response.status_code == httpx.codes.OK
        lines = response.aiter_lines()
        assert await anext(lines) == ": changes"
        thread = ""
        async for event in client.stream("threads.create", input=user_input("Add a task: be seen elsewhere")):
            if isinstance(event, ThreadCreatedEvent):
                thread = event.thread.id
        await client.call("threads.delete", thread_id=thread)
        async for line in lines:
            if line.startswith("data: "):
                told.append(json.loads(line.removeprefix("data: ")))
                if told[-1] == {"type": "thread.deleted", "thread_id": thread}:
                    break
    mine = [change for change in told if change.get("thread_id") == thread]
    assert mine[0]["type"] == "thread.created"
    assert [change["type"] for change in mine].count("item.added") >= 2
    assert any(change["type"] == "task.changed" and change["task_id"] for change in told)


async def test_the_script_for_host_pages_is_served(client: ChatKitClient) -> None:
    answer = await client.http.get("/anyport.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "fetchUpdates" in answer.text
