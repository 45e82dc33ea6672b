"""Retry, feedback and quoted text, over HTTP."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from chatkit.types import AssistantMessageItem

from tests.chatkit_client import ChatKitClient, Exchange, user_input
from tests.fakes.upstream import Upstream, sse, stream
from tests.server import ROOT, running


async def ids(client: ChatKitClient, thread_id: str) -> list[str]:
    page = await client.call("items.list", thread_id=thread_id, order="asc", limit=100)
    return [item["id"] for item in page["data"]]


async def retried(client: ChatKitClient, thread_id: str, item_id: str) -> Exchange:
    return Exchange(await client.events("threads.retry_after_item", thread_id=thread_id, item_id=item_id), thread_id)


async def test_any_item_of_an_answer_can_be_retried(client: ChatKitClient) -> None:
    exchange = await client.say("Show me my tasks")
    thread = exchange.thread_id
    first, *answer = await ids(client, thread)
    assert len(answer) > 1
    for position in range(1, len(answer) + 1):
        named = (await ids(client, thread))[position]
        again = await retried(client, thread, named)
        assert again.error is None
        assert again.text
        now = await ids(client, thread)
        assert now[0] == first
        assert named not in now, "what the retry takes the place of is gone"
        assert [item.id for item in again.items] == now[1:]


async def test_a_retry_in_the_middle_deletes_later_turns_only_when_that_is_confirmed(client: ChatKitClient) -> None:
    exchange = await client.say("count to 2")
    thread = exchange.thread_id
    question, answer = (item.id for item in exchange.items)
    await client.say("count to 3", thread)
    await client.say("count to 4", thread)
    before = await ids(client, thread)
    for named in (question, answer):
        refused = await client.refused("threads.retry_after_item", thread_id=thread, item_id=named)
        assert (refused["code"], refused["status"]) == ("removal_not_confirmed", 409)
        assert (refused["later_messages"], refused["newest_item_id"]) == (2, before[-1])
        unconfirmed: list[dict[str, Any]] = [{}, {"anyport": {}}, {"anyport": "yes"}]
        for metadata in (*unconfirmed, {"anyport": {"confirm_removal": before[2]}}):
            params = {"thread_id": thread, "item_id": named}
            body = {"type": "threads.retry_after_item", "params": params, "metadata": metadata}
            assert (await client.http.post("/chatkit", json=body)).status_code == 409, metadata
    assert await ids(client, thread) == before, "nothing is deleted by a request that is refused"
    await client.say("count to 5", thread)
    late = {"anyport": {"confirm_removal": before[-1]}}
    body = {"type": "threads.retry_after_item", "params": {"thread_id": thread, "item_id": answer}, "metadata": late}
    assert (await client.http.post("/chatkit", json=body)).status_code == 409, "a message came meanwhile"
    now = {"anyport": {"confirm_removal": (await ids(client, thread))[-1]}}
    again = Exchange(await client.confirmed("threads.retry_after_item", now, thread_id=thread, item_id=answer), thread)
    assert again.text == "1 2"
    assert await ids(client, thread) == [question, again.items[-1].id]


async def test_what_an_answer_changed_is_not_changed_again(client: ChatKitClient) -> None:
    async def titles() -> list[str]:
        return [task["title"] for task in (await client.http.get("/api/tasks")).json()]

    exchange = await client.say("Add a task: feed the emu")
    thread, question = exchange.thread_id, exchange.items[0].id
    workflow = next(item for item in (await client.call("items.list", thread_id=thread))["data"] if "changes" in item)
    assert workflow["changes"] == ["Adding a task: feed the emu"], "a page can say what was done before it repeats"
    for _ in range(2):
        assert "feed the emu" in (await retried(client, thread, question)).text
        assert (await titles()).count("feed the emu") == 1
    looked = await client.say("Show me my tasks", thread)
    kept = await client.call("items.list", thread_id=thread, limit=3)
    assert not [item for item in kept["data"] if "changes" in item], "looking changes nothing"
    assert (await retried(client, thread, looked.items[0].id)).error is None


async def test_the_turns_of_removed_items_are_not_sent_again(client: ChatKitClient) -> None:
    exchange = await client.say("Add a task: feed the gnu")
    again = await retried(client, exchange.thread_id, exchange.items[0].id)
    deleted = await client.say("Delete it", again.thread_id)
    assert "feed the gnu" in deleted.text
    left = [task["title"] for task in (await client.http.get("/api/tasks")).json()]
    assert "feed the gnu" not in left, "it was added once"


async def test_there_is_nothing_to_retry_before_the_first_message(client: ChatKitClient) -> None:
    exchange, other = await client.say("Hello!"), await client.say("Hello!")
    await client.refused("threads.retry_after_item", thread_id=exchange.thread_id, item_id="msg_none")
    await client.refused("threads.retry_after_item", thread_id=exchange.thread_id, item_id=other.items[0].id)


async def test_feedback_is_kept_by_item_and_exported(tmp_path: Path) -> None:
    async with running(tmp_path, {"DEMO_DELAY_MS": "0"}) as server, ChatKitClient(server.url) as client:
        exchange = await client.say("Show me my tasks")
        items = [item.id for item in exchange.items[1:]]
        thread = exchange.thread_id
        assert await client.call("items.feedback", thread_id=thread, item_ids=items, kind="positive") == {}
        await client.call("items.feedback", thread_id=thread, item_ids=items[:1], kind="negative")
        await client.refused("items.feedback", thread_id=thread, item_ids=[*items, "msg_none"], kind="negative")
        await client.refused("items.feedback", thread_id=thread, item_ids=items, kind="lukewarm")
        judged = exchange.text
        assert (await retried(client, thread, exchange.items[0].id)).error is None
    command = [sys.executable, "-m", "app", "export", "local"]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    exporting = await asyncio.create_subprocess_exec(
        *command, cwd=tmp_path, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    output, _ = await exporting.communicate()
    records = [json.loads(line)["data"] for line in output.splitlines() if json.loads(line)["kind"] == "feedback"]
    kept = {record["item_id"]: record["kind"] for record in records}
    assert kept == dict.fromkeys(items, "positive") | {items[0]: "negative"}, "a retry takes no feedback along"
    assert {record["question"] for record in records} == {"Show me my tasks"}
    assert judged in [record["answer"] for record in records], "the text that it was given for"


def chat_answer(text: str) -> Any:
    chunk = {"choices": [{"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": "stop"}]}
    return stream(sse(chunk), b"data: [DONE]\n\n")


async def test_quoted_text_reaches_the_model(tmp_path: Path) -> None:
    async with Upstream() as upstream:
        upstream.always(chat_answer("I see."))
        environment = {"LLM_PROVIDER": "openai", "OPENAI_BASE_URL": f"{upstream.url}/v1", "DATABASE_URL": "memory://"}
        async with running(tmp_path, environment) as server, ChatKitClient(server.url) as client:
            said = user_input("What does this mean?", quoted_text="the early worm gets eaten")
            exchange = Exchange(await client.events("threads.create", input=said))
            assert isinstance(exchange.items[-1], AssistantMessageItem)
            assert exchange.items[0].quoted_text == "the early worm gets eaten"
            empty = user_input("And this?", quoted_text="")
            await client.events("threads.add_user_message", input=empty, thread_id=exchange.thread_id)
        answered = [request for request in upstream.requests if "What does this mean?" in json.dumps(request.body)]
        first = json.dumps(answered[0].body)
        assert "the early worm gets eaten" in first
        last = answered[-1].body["messages"]
        assert len([message for message in last if "referring to" in json.dumps(message)]) == 1, "empty is absent"
