"""Questions to the user and to the page, over HTTP."""

from pathlib import Path
from typing import Any

from chatkit.types import ClientToolCallItem, StructuredInputItem, ThreadItemReplacedEvent, WidgetItem

from tests.chatkit_client import ChatKitClient, Exchange
from tests.server import ServerProcess, running


def asked(exchange: Exchange) -> StructuredInputItem:
    """The question that an exchange ends with."""
    assert isinstance(exchange.items[-1], StructuredInputItem), exchange.items
    return exchange.items[-1]


async def answer(client: ChatKitClient, exchange: Exchange, *values: str) -> Exchange:
    """Fill in the form."""
    item = asked(exchange)
    answers = {
        question.id: {"values": [value] if value else [], "skipped": not value}
        for question, value in zip(item.inputs, values, strict=True)
    }
    given = {"status": "answered", "answers": answers}
    events = await client.events(
        "threads.add_structured_input", thread_id=exchange.thread_id, item_id=item.id, input=given
    )
    return Exchange(events, exchange.thread_id)


async def items(client: ChatKitClient, thread_id: str) -> list[dict[str, Any]]:
    page = await client.call("items.list", thread_id=thread_id, order="asc", limit=100)
    listed: list[dict[str, Any]] = page["data"]
    return listed


async def test_a_deletion_is_confirmed_after_a_restart(tmp_path: Path) -> None:
    environment = {"DEMO_DELAY_MS": "0", "DATABASE_URL": "sqlite:///data/anyport.db"}
    async with running(tmp_path, environment) as server, ChatKitClient(server.url) as client:
        for title in ("one", "two", "three"):
            await client.say(f"Add a task: {title}")
        question = await client.say("Delete all tasks")
        assert "3 tasks" in asked(question).inputs[0].question
        assert len((await client.http.get("/api/tasks")).json()) == 3
    async with running(tmp_path, environment) as server, ChatKitClient(server.url) as client:
        confirmed = await answer(client, question, "Yes, delete them")
        [replaced] = [event.item for event in confirmed.events if isinstance(event, ThreadItemReplacedEvent)]
        assert isinstance(replaced, StructuredInputItem)
        assert replaced.status == "answered"
        assert "deleted 3 tasks" in confirmed.text
        assert (await client.http.get("/api/tasks")).json() == []
        await client.refused(
            "threads.add_structured_input",
            thread_id=question.thread_id,
            item_id=asked(question).id,
            input={"status": "answered", "answers": {}},
        )


async def test_a_form_for_what_is_missing(client: ChatKitClient) -> None:
    form = await client.say("Add a task")
    added = await answer(client, form, "feed the owl", "high")
    assert "feed the owl" in added.text
    assert "high priority" in added.text


async def test_a_form_that_is_skipped_adds_nothing(client: ChatKitClient) -> None:
    form = await client.say("Add a task")
    events = await client.events(
        "threads.add_structured_input",
        thread_id=form.thread_id,
        item_id=asked(form).id,
        input={"status": "skipped", "answers": {}},
    )
    assert "nothing" in Exchange(events).text


async def test_a_message_instead_of_an_answer_skips_the_question(client: ChatKitClient) -> None:
    form = await client.say("Add a task")
    later = await client.say("Hello!", form.thread_id)
    [replaced] = [event.item for event in later.events if isinstance(event, ThreadItemReplacedEvent)]
    assert isinstance(replaced, StructuredInputItem)
    assert replaced.status == "skipped"
    assert "Hello!" in later.text
    stored = {item["id"]: item for item in await items(client, form.thread_id)}
    assert stored[asked(form).id]["status"] == "skipped"


async def test_the_page_answers_a_client_tool(client: ChatKitClient) -> None:
    await client.say("Add a task: oil the gate")
    [task] = [t for t in (await client.http.get("/api/tasks")).json() if t["title"] == "oil the gate"]
    exchange = await client.say("Which task is selected?")
    call = exchange.items[-1]
    assert isinstance(call, ClientToolCallItem)
    assert (call.name, call.status, call.arguments) == ("get_selected_task", "pending", {})
    result = {"task_id": task["id"]}
    events = await client.events("threads.add_client_tool_output", thread_id=exchange.thread_id, result=result)
    assert "oil the gate" in Exchange(events).text
    stored = {item["id"]: item for item in await items(client, exchange.thread_id)}
    assert stored[call.id]["status"] == "completed"
    assert stored[call.id]["output"] == result


async def test_the_page_may_answer_although_something_stands_behind_its_call(client: ChatKitClient) -> None:
    task = (await client.http.post("/api/tasks", json={"title": "polish the bell"})).json()
    shown = await client.say("Show me my tasks")
    [widget] = [item for item in shown.items if isinstance(item, WidgetItem)]
    await client.say("Which task is selected?", shown.thread_id)
    click = {"type": "tasks.complete", "payload": {"id": task["id"], "list": {}}}
    await client.events("threads.custom_action", thread_id=shown.thread_id, item_id=widget.id, action=click)
    result = {"task_id": task["id"]}
    events = await client.events("threads.add_client_tool_output", thread_id=shown.thread_id, result=result)
    said = Exchange(events).text
    assert "polish the bell" in said
    assert "completed" in said


async def test_an_unexpected_or_oversized_result_is_refused(client: ChatKitClient) -> None:
    exchange = await client.say("Which task is selected?")
    thread = exchange.thread_id
    await client.refused("threads.add_client_tool_output", thread_id=thread, result="x" * 200_000)
    said = await client.say("Hello!", thread)
    assert said.text
    assert said.error is None
    await client.refused("threads.add_client_tool_output", thread_id=thread, result={"task_id": None})


async def test_a_page_that_does_not_answer_in_time_blocks_nothing(tmp_path: Path) -> None:
    environment = {"DEMO_DELAY_MS": "0", "CLIENT_TOOL_TIMEOUT_SECONDS": "1", "DATABASE_URL": "memory://"}
    async with running(tmp_path, environment) as server, ChatKitClient(server.url) as client:
        exchange = await client.say("Which task is selected?")
        call = exchange.items[-1].id
        while True:  # Until a page that loads the thread would not wait any more.
            [shown] = [item for item in await items(client, exchange.thread_id) if item["id"] == call]
            if shown["status"] == "completed":
                break
        problem = await client.refused("threads.add_client_tool_output", thread_id=exchange.thread_id, result={})
        assert "too late" in problem["message"]
        assert "Hello!" in (await client.say("Hello!", exchange.thread_id)).text


async def test_a_later_turn_gets_the_answer_once(server: ServerProcess, client: ChatKitClient) -> None:
    form = await client.say("Add a task")
    await answer(client, form, "once", "")
    await client.say("Complete it", form.thread_id)
    tasks = {task["title"]: task["status"] for task in (await client.http.get("/api/tasks")).json()}
    assert tasks["once"] == "completed"
