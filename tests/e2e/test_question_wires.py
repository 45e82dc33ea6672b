"""A question that interrupts a run, on every wire: what goes back to the model is what each upstream insists on."""

from pathlib import Path

import pytest
from chatkit.types import StructuredInputItem

from tests.chatkit_client import ChatKitClient, Exchange
from tests.e2e.test_providers import CASES, Case, talking
from tests.fakes.dialects import Call


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


async def asked(client: ChatKitClient, thread_id: str = "") -> Exchange:
    exchange = await client.say("Delete both, and look at milk", thread_id or None)
    assert exchange.error is None
    assert isinstance(exchange.items[-1], StructuredInputItem)
    return exchange


async def test_the_answer_goes_back_beside_the_other_results_and_none_is_told_too(case: Case, tmp_path: Path) -> None:
    dialect = case.dialect
    async with talking(tmp_path, case) as (upstream, client):
        for title in ("one", "two", "milk"):
            upstream.script(dialect.calls(Call("create_task", {"title": title})), dialect.text("Added."))
            await client.say(f"Add {title}")
        both = Call("delete_tasks", {"tasks_to_delete": ["one", "two"]})
        upstream.script(dialect.calls(Call("get_task", {"task": "milk"}), both))
        question = await asked(client)
        form = question.items[-1]

        upstream.script(dialect.text("Both are gone."))
        answers = {form.inputs[0].id: {"values": ["Yes, delete them"]}}
        events = await client.events(
            "threads.add_structured_input",
            thread_id=question.thread_id,
            item_id=form.id,
            input={"status": "answered", "answers": answers},
        )
        answered = Exchange(events, question.thread_id)
        assert (answered.text, answered.error) == ("Both are gone.", None)
        assert [task["title"] for task in (await client.http.get("/api/tasks")).json()] == ["milk"]

        for title in ("one", "two"):
            upstream.script(dialect.calls(Call("create_task", {"title": title})), dialect.text("Added."))
            await client.say(f"Add {title}", question.thread_id)
        upstream.script(dialect.calls(both))
        await asked(client, question.thread_id)
        upstream.script(dialect.text("Then not."))
        left = await client.say("Never mind", question.thread_id)
        assert (left.text, left.error) == ("Then not.", None), "a question that was left is told with a result"
        assert len((await client.http.get("/api/tasks")).json()) == 3
