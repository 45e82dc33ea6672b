"""Approvals over HTTP: answered from another device, at another replica, after a restart, and twice at once."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from chatkit.types import StructuredInputItem

from tests.chatkit_client import ChatKitClient, Exchange
from tests.fakes.chat_wire import OpenAIChat
from tests.fakes.dialects import SECRET, Call
from tests.fakes.upstream import Reply, Request, Upstream
from tests.fleet import fleet
from tests.postgres import Databases
from tests.server import ROOT, ServerProcess, running

WIRE = OpenAIChat()
ONCE, ALWAYS, NO = "Yes, this once", "Yes, always in this chat", "No"


def model(request: Request) -> Reply:
    """Pays whom the user names, also when it is told that this is done, and repeats what came of it."""
    *_, before, newest = request.body["messages"]
    said = text_of(newest)
    if newest["role"] == "tool":
        return WIRE.text(said)
    wanted = text_of(before) if "Do not make them again" in said else said
    if not wanted.startswith("Pay "):
        return WIRE.text("Hello.")
    return WIRE.calls(*(Call("pay", {"to": to, "amount": 3}) for to in wanted.removeprefix("Pay ").split(" and ")))


def text_of(message: dict[str, Any]) -> str:
    content = message["content"]
    return content if isinstance(content, str) else str(content[0]["text"])


class Office(msgspec.Struct):
    """Two ways to the clerk: two replicas on PostgreSQL, else two devices at one server."""

    one: ChatKitClient
    two: ChatKitClient
    folder: Path
    environment: dict[str, str]

    def paid(self, exchange: Exchange) -> list[str]:
        """Whom the thread has really paid."""
        file = self.folder / "paid"
        lines = [line.split() for line in (file.read_text().splitlines() if file.exists() else [])]
        return [to for thread, to, _ in lines if thread == exchange.thread_id]


@pytest.fixture(scope="module")
async def upstream() -> AsyncIterator[Upstream]:
    async with Upstream(WIRE.guard) as upstream:
        upstream.always(model)
        yield upstream


def environment(upstream: Upstream, folder: Path) -> dict[str, str]:
    return {
        "ASSISTANT": "tests.assistants.approvals:clerks",
        "PAYMENTS": str(folder),
        "OPENAI_API_KEY": SECRET,
        "OPENAI_BASE_URL": f"{upstream.url}/v1",
        "OPENAI_MODEL": "llama3.2",
    }


@pytest.fixture(scope="module", params=["memory", "sqlite", "postgresql"])
async def office(
    request: pytest.FixtureRequest, upstream: Upstream, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    settings = environment(upstream, folder)
    if request.param == "postgresql":
        async with databases.fresh() as url:
            settings["DATABASE_URL"] = url
            async with (
                fleet(folder, 2, **settings) as servers,
                ChatKitClient(servers[0].url) as one,
                ChatKitClient(servers[1].url) as two,
            ):
                yield Office(one, two, folder, settings)
        return
    settings["DATABASE_URL"] = "memory://" if request.param == "memory" else "sqlite:///office.db"
    async with (
        running(folder, settings) as server,
        ChatKitClient(server.url) as one,
        ChatKitClient(server.url) as two,
    ):
        yield Office(one, two, folder, settings)


def form_in(exchange: Exchange) -> StructuredInputItem:
    assert exchange.error is None, exchange.error
    assert isinstance(exchange.items[-1], StructuredInputItem)
    return exchange.items[-1]


def answer_of(exchange: Exchange, *choices: str, **fields: str) -> dict[str, Any]:
    given = {f"decision_{number}": choice for number, choice in enumerate(choices)} | fields
    answers = {
        asked.id: {"values": [given[asked.id]] if asked.id in given else [], "skipped": asked.id not in given}
        for asked in form_in(exchange).inputs
    }
    return {"status": "answered", "answers": answers}


async def decide(client: ChatKitClient, exchange: Exchange, *choices: str, **fields: str) -> Exchange:
    events = await client.events(
        "threads.add_structured_input",
        thread_id=exchange.thread_id,
        item_id=form_in(exchange).id,
        input=answer_of(exchange, *choices, **fields),
    )
    return Exchange(events, exchange.thread_id)


async def test_an_answer_from_elsewhere_lets_the_tool_run_once(office: Office) -> None:
    asked = await office.one.say("Pay Bo")
    page = await office.two.call("items.list", thread_id=asked.thread_id, order="asc", limit=10)
    assert page["data"][-1]["status"] == "pending"
    assert "• to: Bo\n• amount: 3" in page["data"][-1]["inputs"][0]["question"]
    done = await decide(office.two, asked, ONCE)
    assert done.text == "paid 3 to Bo"
    assert office.paid(asked) == ["Bo"]


async def test_of_two_answers_at_once_one_counts_and_the_other_is_told(office: Office) -> None:
    asked = await office.one.say("Pay Bo")
    params = {"thread_id": asked.thread_id, "item_id": form_in(asked).id}
    choices = [ONCE, ALWAYS, "no, I am sure", ONCE]
    bodies = [
        {"type": "threads.add_structured_input", "params": {**params, "input": answer_of(asked, choice)}}
        for choice in choices
    ]
    clients = [office.one, office.two, office.one, office.two]
    responses = await asyncio.gather(
        *(client.http.post("/chatkit", json=body) for client, body in zip(clients, bodies, strict=True))
    )
    accepted = [one for one in responses if one.status_code == httpx.codes.OK]
    refused = [one.json() for one in responses if one.status_code != httpx.codes.OK]
    assert len(accepted) == 1, [one.text for one in responses]
    assert all(problem["message"] for problem in refused)
    assert len(office.paid(asked)) <= 1
    [form] = [
        item
        for item in (await office.two.call("items.list", thread_id=asked.thread_id, limit=10))["data"]
        if item["type"] == "structured_input"
    ]
    winner = form["inputs"][0]["answer"]["values"][0]
    assert office.paid(asked) == ([] if winner.startswith("no,") else ["Bo"])
    late = await office.two.refused("threads.add_structured_input", **params, input=answer_of(asked, ONCE))
    assert late["message"] == "This question has an answer already."


async def test_a_reason_edits_and_several_calls_in_one_form(office: Office) -> None:
    asked = await office.one.say("Pay Bo and Cy and Di")
    again = await decide(office.two, asked, ONCE, "never her", ONCE, argument_0_1="5", argument_2_1="a lot")
    assert office.paid(asked) == ["Bo"]
    assert "does not fit" in form_in(again).inputs[0].question
    done = await decide(office.one, again, ONCE)
    assert office.paid(asked) == ["Bo", "Di"]
    assert done.text == "paid 3 to Di"


async def test_a_yes_for_the_thread_asks_no_more_there_and_still_elsewhere(office: Office) -> None:
    asked = await office.one.say("Pay Bo")
    await decide(office.one, asked, ALWAYS)
    assert (await office.two.say("Pay Cy", asked.thread_id)).text == "paid 3 to Cy"
    assert office.paid(asked) == ["Bo", "Cy"]
    form_in(await office.two.say("Pay Cy"))


async def test_a_message_or_a_retry_closes_the_question(office: Office) -> None:
    asked = await office.one.say("Pay Bo")
    assert (await office.two.say("Hello?", asked.thread_id)).text == "Hello."
    params = {"thread_id": asked.thread_id, "item_id": form_in(asked).id}
    await office.one.refused("threads.add_structured_input", **params, input=answer_of(asked, ONCE))
    assert office.paid(asked) == []

    asked = await office.one.say("Pay Bo")
    events = await office.two.events("threads.retry_after_item", thread_id=asked.thread_id, item_id=asked.items[0].id)
    again = Exchange(events, asked.thread_id)
    params = {"thread_id": asked.thread_id, "item_id": form_in(asked).id}
    gone = await office.one.http.post(
        "/chatkit",
        json={"type": "threads.add_structured_input", "params": {**params, "input": answer_of(asked, ONCE)}},
    )
    assert gone.status_code == httpx.codes.NOT_FOUND
    assert (await decide(office.one, again, ONCE)).text == "paid 3 to Bo"
    assert office.paid(asked) == ["Bo"]


async def test_a_retried_answer_makes_an_approved_call_no_second_time(office: Office) -> None:
    asked = await office.one.say("Pay Bo")
    done = await decide(office.one, asked, ONCE)
    assert done.text == "paid 3 to Bo"
    again = Exchange(
        await office.two.events("threads.retry_after_item", thread_id=asked.thread_id, item_id=asked.items[0].id)
    )
    assert again.error is None
    assert again.text == "paid 3 to Bo"
    assert office.paid(asked) == ["Bo"]


async def test_a_deleted_thread_takes_its_question_along(office: Office) -> None:
    asked = await office.one.say("Pay Bo")
    await office.two.call("threads.delete", thread_id=asked.thread_id)
    gone = await office.one.http.post(
        "/chatkit",
        json={
            "type": "threads.add_structured_input",
            "params": {"thread_id": asked.thread_id, "item_id": form_in(asked).id, "input": answer_of(asked, ONCE)},
        },
    )
    assert gone.status_code == httpx.codes.NOT_FOUND
    assert office.paid(asked) == []


async def test_a_stop_while_it_waits_leaves_the_question(office: Office) -> None:
    asked = await office.one.say("Pay Bo")
    stopped = await office.two.http.post(f"/api/threads/{asked.thread_id}/stop")
    assert not stopped.is_error, stopped.text
    assert (await decide(office.one, asked, ONCE)).text == "paid 3 to Bo"


async def test_it_waits_over_a_restart_and_is_exported(upstream: Upstream, tmp_path: Path) -> None:
    settings = environment(upstream, tmp_path) | {"ASSISTANT": "tests.assistants.approvals:bosses"}
    nested = Call("helper", {"input": "Pay Bo"})
    upstream.script(WIRE.calls(nested))
    server = await ServerProcess(tmp_path, settings).start()
    async with ChatKitClient(server.url) as client:
        asked = await client.say("Have Bo paid")
        form_in(asked)
    await server.stop()
    async with running(tmp_path, settings) as server, ChatKitClient(server.url) as client:
        done = await decide(client, asked, ONCE)
        assert done.text == "paid 3 to Bo"
        assert (tmp_path / "paid").read_text().split()[1:] == ["Bo", "3"]
    exported = await exported_records(tmp_path, settings)
    [approval] = [record["data"] for record in exported if record["kind"] == "approval"]
    assert (approval["agent"], approval["tool"], approval["verdict"]) == ("Helper", "pay", "approved")
    assert json.loads(approval["arguments"]) == {"to": "Bo", "amount": 3}
    assert approval["user_id"]
    assert approval["decided_at"]


async def exported_records(folder: Path, settings: dict[str, str]) -> list[dict[str, Any]]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app", "export", "local"),
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **settings},
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    return [json.loads(line) for line in output.splitlines()]
