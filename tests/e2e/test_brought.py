"""Code that `ASSISTANT` names as it is, in real servers: what the other assistants have, it has too."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from app.adapters.stores.sql.migrations import migrate
from app.environment import Secret
from tests.chatkit_client import ChatKitClient, Exchange, user_input
from tests.fakes.chat_wire import OpenAIChat
from tests.fakes.dialects import SECRET, Call
from tests.fakes.upstream import Upstream
from tests.postgres import Databases
from tests.server import ServerProcess, running

WIRE = OpenAIChat()
FORMS = {"respond": "tests.assistants.responds:porter", "server": "tests.assistants.servers:porter"}
"""What `ASSISTANT` names, for each form."""


class Site(msgspec.Struct):
    """Servers with brought code on one store, and the fake of its model; `there` is the last replica."""

    servers: list[ServerProcess]
    here: ChatKitClient
    there: ChatKitClient
    upstream: Upstream
    folder: Path

    async def items(self, thread_id: str) -> list[dict[str, Any]]:
        """The stored items of a thread, as the other replica reads them."""
        page = await self.there.call("items.list", thread_id=thread_id, order="asc", limit=100)
        return list(page["data"])

    async def text(self, thread_id: str) -> str:
        """The stored text of the assistant."""
        return "".join(part["text"] for item in await self.items(thread_id) for part in said(item))


def said(item: dict[str, Any]) -> list[dict[str, Any]]:
    return list(item["content"]) if item["type"] == "assistant_message" else []


@asynccontextmanager
async def site(form: str, store: str, folder: Path, databases: Databases, **more: str) -> AsyncIterator[Site]:
    async with Upstream(WIRE.guard) as upstream, AsyncExitStack() as stack:
        url = f"sqlite:///{folder}/brought.db"
        if store == "postgresql":
            url = await stack.enter_async_context(databases.fresh())
            await migrate(Secret(url))
        environment = {
            "ASSISTANT": FORMS[form],
            "DATABASE_URL": url,
            "OPENAI_API_KEY": SECRET,
            "OPENAI_BASE_URL": f"{upstream.url}/v1",
            "OPENAI_MODEL": "llama3.2",
            "LLM_MODELS": "openai/another",
            **more,
        }
        servers = []
        for name in ("a", "b")[: 2 if store == "postgresql" else 1]:
            (folder / name).mkdir()
            servers.append(await stack.enter_async_context(running(folder / name, environment)))
        clients = [await stack.enter_async_context(ChatKitClient(server.url)) for server in servers]
        yield Site(servers, clients[0], clients[-1], upstream, folder)


@pytest.fixture(scope="module", params=[(form, store) for form in FORMS for store in ("sqlite", "postgresql")], ids=str)
async def brought(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, databases: Databases
) -> AsyncGenerator[Site, None]:
    form, store = request.param
    async with site(form, store, tmp_path_factory.mktemp(f"{form}-{store}"), databases) as made:
        yield made


async def begun(client: ChatKitClient, text: str, events: int) -> str:
    """Send a message, and disconnect after a number of events; return the thread."""
    thread = ""
    async for event in client.stream("threads.create", input=user_input(text)):
        thread = thread or getattr(getattr(event, "thread", None), "id", "")
        events -= 1
        if not events:
            break
    return thread


async def followed(client: ChatKitClient, thread: str) -> str:
    """The events of the thread's turn from its start, until it ends."""
    answer = await client.http.get(f"/api/threads/{thread}/stream")
    assert answer.status_code == httpx.codes.OK
    return answer.text


async def test_an_answer_is_streamed_stored_and_titled(brought: Site) -> None:
    exchange = await brought.here.say("count 12")
    numbers = " ".join(map(str, range(1, 13)))
    assert exchange.text.strip() == numbers
    deltas = [event for event in exchange.events if getattr(getattr(event, "update", None), "delta", None)]
    assert len(deltas) == 12, "each piece arrives by itself"
    assert (await brought.text(exchange.thread_id)).strip() == numbers
    thread = await brought.there.call("threads.get_by_id", thread_id=exchange.thread_id)
    assert thread["title"] == "count 12"


async def test_a_left_answer_is_taken_up_elsewhere_and_is_whole(brought: Site) -> None:
    thread = await begun(brought.here, "count 60", 12)
    assert '"delta":"60 "' in await followed(brought.there, thread)
    assert (await brought.text(thread)).split() == [str(number) for number in range(1, 61)]


async def test_a_second_message_is_refused_and_a_stopped_answer_keeps_what_was_shown(brought: Site) -> None:
    thread = await begun(brought.here, "count forever", 12)
    async with brought.there.http.stream("GET", f"/api/threads/{thread}/stream") as following:
        lines = following.aiter_lines()
        while '"delta":"30 "' not in await anext(lines):
            """The turn goes on, because a reader follows it."""
        busy = await brought.there.refused("threads.add_user_message", thread_id=thread, input=user_input("count 1"))
        assert busy["code"] == "busy"
        assert (await brought.there.http.post(f"/api/threads/{thread}/stop")).status_code == httpx.codes.NO_CONTENT
        _ = [line async for line in lines]
    assert (await brought.text(thread)).startswith("1 2 ")
    assert await brought.there.incomplete(thread) == ["stopped", "stopped"]
    assert (await brought.here.say("count 2", thread)).text.split() == ["1", "2"]


async def test_a_run_inside_it_asks_the_operator_s_model_and_a_retry_repeats_no_change(brought: Site) -> None:
    booking = (WIRE.calls(Call("book", {"room": "seven"})), WIRE.text("Booked."))
    brought.upstream.script(*booking)
    asked = len(brought.upstream.requests)
    options = {"model": "openai/another"}
    created = await brought.here.events(
        "threads.create", input=user_input("Book room seven.", inference_options=options)
    )
    first = Exchange(created)
    assert first.text == "Booked.", first.error
    assert [request.body["model"] for request in brought.upstream.requests[asked:]] == ["another"] * 2
    brought.upstream.script(*booking)
    thread, item = first.items[0].thread_id, first.items[0].id
    again = Exchange(await brought.here.events("threads.retry_after_item", thread_id=thread, item_id=item))
    assert again.text == "Booked."
    booked = (brought.folder / "a" / "booked.txt").read_text()
    assert booked == "seven\n", "the retried answer makes no call again"
    texts = [said(item)[0]["text"] for item in await brought.items(thread) if said(item)]
    assert texts == ["Booked."]


async def test_a_tool_of_the_page_is_called_and_answered(brought: Site) -> None:
    asked = await brought.here.say("page")
    assert asked.items[-1].name == "zoom"
    answered = await brought.here.events(
        "threads.add_client_tool_output", thread_id=asked.thread_id, result={"zoom": 2}
    )
    assert Exchange(answered).text == "The page said {'zoom': 2}."
