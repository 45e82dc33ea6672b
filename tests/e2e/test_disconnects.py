"""Disconnects: the answer after its reader has left, on each store, and the end of the model's request."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.chatkit_client import ChatKitClient, user_input
from tests.fakes.chat_wire import DONE, OpenAIChat
from tests.fakes.upstream import Hold, Until, Upstream, stream
from tests.postgres import Databases
from tests.raw_reader import RawReader
from tests.server import ServerProcess, running

BOUND = 30.0
WIRE = OpenAIChat()
Start = Callable[..., AbstractAsyncContextManager["Scene"]]


class Scene:
    """Server with a model that sends “one two ”, waits for `go`, sends “three four ”, and waits for `end`."""

    def __init__(self, server: ServerProcess, model: Upstream, go: asyncio.Event, end: asyncio.Event) -> None:
        self.server = server
        self.model = model
        self.go = go
        self.end = end

    def asking(self) -> RawReader:
        """Reader of a message in a new thread."""
        body = {"type": "threads.create", "params": {"input": user_input("Count!")}}
        return RawReader(self.server.url, "POST", "/chatkit", body)

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[AsyncIterator[dict[str, str]]]:
        """Changes that a page gets from now on."""
        async with ChatKitClient(self.server.url) as client, client.http.stream("GET", "/api/events") as response:
            lines = response.aiter_lines()
            assert await anext(lines) == ": changes"
            yield (json.loads(line.removeprefix("data: ")) async for line in lines if line.startswith("data: "))

    async def stored(self, thread_id: str) -> str:
        """Return the text of the assistant's messages, once no turn runs."""
        async with ChatKitClient(self.server.url) as client, asyncio.timeout(BOUND):
            path, params = f"/api/threads/{thread_id}/stream", {"running": "true"}
            while (await client.http.get(path, params=params)).status_code != httpx.codes.NO_CONTENT:
                """It answers with the stream up to its end."""
            return text_of(await client.call("threads.get_by_id", thread_id=thread_id))

    async def incomplete(self, thread_id: str) -> list[str]:
        """Return the reasons of the incomplete message and of the note behind it."""
        async with ChatKitClient(self.server.url) as client:
            return await client.incomplete(thread_id)


def text_of(thread: Any) -> str:
    said = [item for item in thread["items"]["data"] if item["type"] == "assistant_message"]
    return "".join(part["text"] for item in said for part in item["content"])


@pytest.fixture(params=["sqlite"])
async def start(request: pytest.FixtureRequest, tmp_path: Path, databases: Databases) -> AsyncIterator[Start]:
    """Starts a scene on the store, with the given settings."""

    @asynccontextmanager
    async def on(url: str, **settings: str) -> AsyncIterator[Scene]:
        async with Upstream() as model:
            go, end = asyncio.Event(), asyncio.Event()
            first, second = (
                WIRE.begin("one ", "two "),
                [WIRE.frame({"content": piece}) for piece in ("three ", "four ")],
            )
            model.always(stream(*first, Until(go), *second, Until(end), *WIRE.end()))
            environment = {"LLM_PROVIDER": "openai", "OPENAI_BASE_URL": f"{model.url}/v1", "DATABASE_URL": url}
            async with running(tmp_path, {**environment, **settings}) as server:
                yield Scene(server, model, go, end)

    if request.param != "postgres":
        url = {"memory": "memory://", "sqlite": f"sqlite:///{tmp_path}/turns.db"}[request.param]
        yield lambda **settings: on(url, **settings)
        return
    async with databases.fresh() as url:
        yield lambda **settings: on(url, **settings)


async def hung_up(scene: Scene) -> None:
    async with asyncio.timeout(BOUND):
        await scene.model.hung_up.wait()


@pytest.mark.parametrize("start", ["memory", "sqlite", "postgres"], indirect=True)
async def test_after_the_grace_period_the_unseen_rest_is_truncated(start: Start) -> None:
    async with start(TURN_GRACE_SECONDS="0.8") as scene, scene.asking() as reader:
        await reader.until("two ")
        async with scene.watching() as told:
            await reader.leave()
            scene.go.set()
            await hung_up(scene)
            assert reader.text == "one two "
            assert await scene.stored(reader.thread_id) == "one two "
            async for change in told:
                if change["type"] == "item.updated" and change["thread_id"] == reader.thread_id:
                    break  # A page that shows the thread elsewhere is notified of the truncation.
            assert await scene.incomplete(reader.thread_id) == ["disconnected"] * 2


async def test_a_reader_who_returns_within_the_grace_period_gets_the_whole_answer(start: Start) -> None:
    async with start(TURN_GRACE_SECONDS="20") as scene, scene.asking() as reader:
        await reader.until("two ")
        await reader.leave()
        async with ChatKitClient(scene.server.url) as client:
            shown = await client.call("threads.get_by_id", thread_id=reader.thread_id)
        assert text_of(shown) == "one two ", "the page that opens the thread sees what was said so far"
        scene.go.set()
        scene.end.set()
        assert await scene.stored(reader.thread_id) == "one two three four "
        assert not scene.model.hung_up.is_set()


async def test_an_unfollowed_turn_is_finished_where_that_is_set(start: Start) -> None:
    async with start(ON_DISCONNECT="finish", TURN_GRACE_SECONDS="0") as scene, scene.asking() as reader:
        await reader.until("two ")
        await reader.leave()
        scene.go.set()
        scene.end.set()
        assert await scene.stored(reader.thread_id) == "one two three four "
        assert not scene.model.hung_up.is_set()


async def test_it_is_cancelled_at_once_where_that_is_set(start: Start) -> None:
    async with start(ON_DISCONNECT="cancel", TURN_GRACE_SECONDS="3600") as scene, scene.asking() as reader:
        await reader.until("two ")
        await reader.leave()
        await hung_up(scene)
        assert await scene.stored(reader.thread_id) == reader.text == "one two "


@pytest.mark.parametrize("start", ["memory", "sqlite", "postgres"], indirect=True)
async def test_stop_ends_it_and_hangs_up_on_the_model(start: Start, record_property: Callable[..., None]) -> None:
    async with start(ON_DISCONNECT="finish") as scene, scene.asking() as reader:
        await reader.until("two ")
        began = time.perf_counter()
        async with ChatKitClient(scene.server.url) as client:
            answer = await client.http.post(f"/api/threads/{reader.thread_id}/stop")
            assert answer.status_code == httpx.codes.NO_CONTENT
            assert text_of(await client.call("threads.get_by_id", thread_id=reader.thread_id)) == "one two "
        assert await scene.incomplete(reader.thread_id) == ["stopped"] * 2
        await hung_up(scene)
        record_property("table", f"stop to the model's disconnect: {(time.perf_counter() - began) * 1000:.0f} ms")
        await reader.leave()
        assert reader.text == "one two "
        message, noted = reader.events[-2:]
        assert (message["type"], noted["type"]) == ("thread.item.done",) * 2, "a page elsewhere sees the end"
        assert message["item"]["incomplete_details"] == noted["item"]["incomplete_details"] == {"reason": "stopped"}
        assert noted["item"]["task"]["title"] == "This answer was stopped.", "for clients that know no such field"


async def test_of_a_truncated_answer_the_model_gets_what_its_user_saw(start: Start) -> None:
    async with start(TURN_GRACE_SECONDS="2") as scene, scene.asking() as reader:
        call = WIRE.piece("list_tasks", "{}", index=0, id="call_1")
        called = [WIRE.frame({"tool_calls": [call]}), WIRE.frame({}, finish="tool_calls"), WIRE.usage(), DONE]
        unseen = [WIRE.frame({"content": "two "}), *called]
        scene.model.script(stream(*WIRE.begin("one "), Until(scene.go), *unseen), stream(*WIRE.begin("three "), Hold()))
        await reader.until("one ")
        await reader.leave()
        scene.go.set()
        await hung_up(scene)
        assert await scene.stored(reader.thread_id) == reader.text == "one "
        scene.go.set()
        scene.end.set()
        async with ChatKitClient(scene.server.url) as client:
            await client.say("Go on", reader.thread_id)
        told = scene.model.requests[-1].body["messages"]
        assert [message["role"] for message in told if message["role"] == "tool"] == ["tool"], (
            "what tools did, they did"
        )
        said = [json.dumps(message) for message in told if message["role"] == "assistant"]
        assert "one " in said[0]
        assert not [text for text in said if "two " in text or "three " in text]
