"""Titles by a model, in a real server."""

import asyncio
import json
from collections.abc import AsyncGenerator

import msgspec
import pytest
from chatkit.types import ThreadCreatedEvent

from tests.chatkit_client import ChatKitClient
from tests.fakes.dialects import SECRET
from tests.fakes.gemini_wire import GeminiChat
from tests.fakes.upstream import Upstream
from tests.server import running

WIRE = GeminiChat()


class Desk(msgspec.Struct):
    """A server that lets a model write its titles, and that model."""

    client: ChatKitClient
    upstream: Upstream

    async def title(self, thread_id: str) -> str:
        found: str = (await self.client.call("threads.get_by_id", thread_id=thread_id))["title"]
        return found

    async def title_other_than(self, plain: str, thread_id: str) -> str:
        async with asyncio.timeout(20):
            while True:
                if (title := await self.title(thread_id)) != plain:
                    return title


@pytest.fixture(scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Desk, None]:
    async with Upstream(WIRE.guard) as upstream:
        environment = {
            "GEMINI_API_KEY": SECRET,
            "GEMINI_BASE_URL": f"{upstream.url}/v1beta/openai/",
            "TITLES": "model",
            "TITLE_MODEL": "gemini/gemini-2.5-flash-lite",
        }
        async with running(tmp_path_factory.mktemp("desk"), environment) as server, ChatKitClient(server.url) as client:
            yield Desk(client, upstream)


async def test_the_first_words_at_once_and_the_model_s_title_later(desk: Desk) -> None:
    desk.upstream.script(WIRE.text("Cut it back in March."), WIRE.text("**Pruning", " the rose**"))
    exchange = await desk.client.say("When do I prune my rose?")
    [title] = [event.thread.title for event in exchange.events if isinstance(event, ThreadCreatedEvent)]
    assert title == "When do I prune my rose?"
    assert await desk.title_other_than(title, exchange.thread_id) == "Pruning the rose"
    asked = desk.upstream.requests[-1].body
    assert asked["model"] == "gemini-2.5-flash-lite"
    assert "When do I prune my rose?" in json.dumps(asked)
    assert "Cut it back in March." in json.dumps(asked)
    assert "create_task" not in json.dumps(asked)

    before = len(desk.upstream.requests)
    desk.upstream.script(WIRE.text("In autumn too."))
    assert (await desk.client.say("And the hedge?", exchange.thread_id)).text == "In autumn too."
    assert len(desk.upstream.requests) == before + 1, "a thread is named once"
    assert await desk.title(exchange.thread_id) == "Pruning the rose"


async def test_a_model_that_refuses_leaves_the_first_words(desk: Desk) -> None:
    before = len(desk.upstream.requests)
    desk.upstream.script(WIRE.text("Hello!"), WIRE.refused_key())
    exchange = await desk.client.say("Good morning")
    await desk.upstream.received(before + 2)
    assert exchange.error is None
    assert await desk.title(exchange.thread_id) == "Good morning"
