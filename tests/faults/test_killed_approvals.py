"""kill -9 between each two steps of a call that the user approved: it is made once, or never."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
import pytest

from tests.chatkit_client import ChatKitClient, Exchange
from tests.fakes.chat_wire import OpenAIChat
from tests.fakes.dialects import SECRET, Call
from tests.fakes.upstream import Hold, Reply, Request, Upstream, stream
from tests.postgres import Databases
from tests.server import ServerProcess

WIRE = OpenAIChat()
ONCE = "Yes, this once"


class Step(msgspec.Struct):
    """Where a process dies; how often the call was made then, and what the model is given as its result."""

    point: str
    made: int
    told: str


STEPS: Final = [
    Step("answered", 0, "paid 3 to answered"),
    Step("taken_up", 0, "It is not known whether it was done"),
    Step("running", 0, "It is not known whether it was done"),
    Step("paid", 1, "It is not known whether it was done"),
    Step("done", 1, "It is not known whether it was done"),
    Step("recorded", 1, "paid 3 to recorded"),
    Step("going_on", 1, "paid 3 to going_on"),
]


def model(request: Request) -> Reply:
    """Pays whom the user names, and says what came of it; two threads wait for the process to die."""
    newest = request.body["messages"][-1]
    said = newest["content"] if isinstance(newest["content"], str) else newest["content"][0]["text"]
    if newest["role"] == "user" and said.startswith("Pay "):
        return WIRE.calls(Call("pay", {"to": said.removeprefix("Pay "), "amount": 3}))
    if newest["role"] == "tool" and "to recorded" in said:
        return stream(Hold())
    if newest["role"] == "tool" and "to going_on" in said:
        return stream(*WIRE.begin("I have paid"), Hold())
    return WIRE.text("So it is.")


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with Upstream(WIRE.guard) as upstream:
        upstream.always(model)
        yield upstream


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, databases: Databases) -> AsyncIterator[str]:
    if request.param == "sqlite":
        yield "sqlite:///data/anyport.db"
        return
    async with databases.fresh() as url:
        yield url


async def test_a_call_is_made_once_or_never_whenever_the_process_dies(
    upstream: Upstream, database: str, tmp_path: Path
) -> None:
    settings = {
        "ASSISTANT": "tests.assistants.approvals:clerks",
        "DATABASE_URL": database,
        "MAX_CONCURRENT_TURNS": "0",
        "PAYMENTS": str(tmp_path),
        "OPENAI_API_KEY": SECRET,
        "OPENAI_BASE_URL": f"{upstream.url}/v1",
        "OPENAI_MODEL": "llama3.2",
    }
    server = await ServerProcess(tmp_path, settings).start()
    async with ChatKitClient(server.url) as client:
        forms = {step.point: await client.say(f"Pay {step.point}") for step in STEPS}
        for point, form in forms.items():
            (tmp_path / form.thread_id).write_text(point)
        answering = [asyncio.create_task(answer(client, form)) for form in forms.values()]
        async with asyncio.timeout(30):
            for step in STEPS[:5]:
                while not (tmp_path / f"{forms[step.point].thread_id}.here").exists():  # noqa: ASYNC110  # another process
                    await asyncio.sleep(0.02)
            await upstream.received(len(STEPS) + 2)
        await server.stop(signal.SIGKILL)
        await asyncio.gather(*answering, return_exceptions=True)
    for form in forms.values():
        (tmp_path / form.thread_id).unlink()

    server = await ServerProcess(tmp_path, settings, port=server.port).start()
    async with ChatKitClient(server.url) as client:
        for step in STEPS:
            form = forms[step.point]
            await recovered(client, form.thread_id)
            assert made(tmp_path, form) == step.made, step
            again = await client.http.post("/chatkit", json=answer_of(form))
            if step.point == "answered":  # Nothing was done on the answer yet, so it is taken up now.
                assert again.status_code == httpx.codes.OK
                assert made(tmp_path, form) == 1
            else:
                assert again.status_code == httpx.codes.CONFLICT, again.text
                assert "has an answer already" in again.json()["message"]
            said = await client.say("And?", form.thread_id)
            assert said.text == "So it is."
            [result] = [one for one in upstream.requests[-1].body["messages"] if one["role"] == "tool"]
            assert step.told in result["content"], step
            assert made(tmp_path, form) <= 1
    await server.stop()


async def answer(client: ChatKitClient, form: Exchange) -> None:
    """Say yes; the stream may break off."""
    async with client.http.stream("POST", "/chatkit", json=answer_of(form)) as response:
        async for _ in response.aiter_bytes():
            pass


def answer_of(form: Exchange) -> dict[str, Any]:
    answers = {asked.id: {"values": [], "skipped": True} for asked in form.items[-1].inputs}
    given = {"status": "answered", "answers": answers | {"decision_0": {"values": [ONCE], "skipped": False}}}
    params = {"thread_id": form.thread_id, "item_id": form.items[-1].id, "input": given}
    return {"type": "threads.add_structured_input", "params": params}


async def recovered(client: ChatKitClient, thread_id: str) -> None:
    """Wait until the thread shows that its answer broke off."""
    async with asyncio.timeout(25):
        while "interrupted" not in await client.incomplete(thread_id):  # noqa: ASYNC110  # another process
            await asyncio.sleep(0.1)


def made(folder: Path, form: Exchange) -> int:
    paid = folder / "paid"
    lines = paid.read_text().splitlines() if paid.exists() else []
    return sum(line.startswith(form.thread_id) for line in lines)
