"""Summaries of long conversations, in real servers on every store, with a model that notes what it was asked."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from app.domain.identity import RequestContext
from tests.chatkit_client import ChatKitClient
from tests.fakes.dialects import SECRET
from tests.fakes.gemini_wire import GeminiChat
from tests.fakes.upstream import Reply, Request, Upstream
from tests.postgres import Databases
from tests.server import ServerProcess, running
from tests.sql import filled_thread, storage_at

WIRE = GeminiChat()
WRITER = "gemini-2.5-flash-lite"


class Models:
    """Answers each message by its number, and each request for a summary by the number of that."""

    def __init__(self, upstream: Upstream) -> None:
        self.upstream = upstream
        self.failing = False
        self.failed = 0
        upstream.always(self.answer)

    def answer(self, request: Request) -> Reply:
        if request.body["model"] != WRITER:
            return WIRE.text(f"Answer {len(self.asked)}.")
        self.failed += self.failing
        return WIRE.refused_key() if self.failing else WIRE.text(f"SUMMARY-{len(self.summarised)} of the talk.")

    @property
    def asked(self) -> list[str]:
        """What the assistant's model was told, a text for each request."""
        return [self._told(request) for request in self.upstream.requests if request.body["model"] != WRITER]

    def _told(self, request: Request) -> str:
        return "\n".join(self._texts(message) for message in request.body["messages"][1:])

    @property
    def summarised(self) -> list[dict[str, Any]]:
        """What the other model was to summarise."""
        bodies = [request.body for request in self.upstream.requests if request.body["model"] == WRITER]
        return [json.loads(self._texts(body["messages"][-1])) for body in bodies]

    def _texts(self, message: dict[str, Any]) -> str:
        content = message["content"]
        return content if isinstance(content, str) else "".join(part["text"] for part in content)


class Desk:
    """A server, its user and its models; each turn and each summary costs the same number of tokens."""

    def __init__(self, client: ChatKitClient, models: Models) -> None:
        self.client = client
        self.models = models
        self.cost = 0

    async def say(self, text: str, thread: str | None = None) -> str:
        """The thread, once its answer is there."""
        exchange = await self.client.say(text, thread)
        assert exchange.error is None
        self.cost = self.cost or await self._used()
        return exchange.thread_id

    async def settled(self, *, turns: int, summaries: int) -> None:
        """Wait until so many turns, and at least so many summaries, are counted in the user's usage and stored."""
        async with asyncio.timeout(20):
            while True:
                made = len(self.models.summarised)
                counted = turns + made - self.models.failed
                if made >= summaries and await self._used() == counted * self.cost:
                    return
                await self.client.http.get("/health")

    async def items(self, thread: str) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = (await self.client.call("items.list", thread_id=thread, order="asc"))["data"]
        return listed

    async def _used(self) -> int:
        used: int = (await self.client.http.get("/api/usage")).json()["tokens"]["used"]
        return used


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path, databases: Databases) -> AsyncGenerator[str, None]:
    """The address of an empty database."""
    if request.param == "postgresql":
        async with databases.fresh() as url:
            yield url
        return
    yield {"memory": "memory://", "sqlite": f"sqlite:///{tmp_path}/anyport.db"}[request.param]


@pytest.fixture
async def models() -> AsyncGenerator[Models, None]:
    async with Upstream(WIRE.guard) as upstream:
        yield Models(upstream)


@asynccontextmanager
async def desk(folder: Path, database: str, models: Models, **settings: str) -> AsyncGenerator[Desk, None]:
    environment = {
        "DATABASE_URL": database,
        "GEMINI_API_KEY": SECRET,
        "GEMINI_BASE_URL": f"{models.upstream.url}/v1beta/openai/",
        "HISTORY_SUMMARY": "on",
        "SUMMARY_MODEL": f"gemini/{WRITER}",
        "HISTORY_ITEMS": "4",
        **settings,
    }
    async with running(folder, environment) as server, ChatKitClient(server.url) as client:
        yield Desk(client, models)


async def test_what_no_longer_fits_is_summarised_told_and_counted_and_gone_with_its_messages(
    tmp_path: Path, database: str, models: Models
) -> None:
    async with desk(tmp_path, database, models) as here:
        thread = await here.say("My cat is called Momo.")
        await here.say("And I live in Ulm.", thread)
        await here.settled(turns=2, summaries=0)
        assert models.summarised == [], "everything is told itself"
        await here.say("What do cats eat?", thread)
        await here.settled(turns=3, summaries=1)
        [step] = models.summarised
        assert step["summary"] == ""
        assert [passage["text"] for passage in step["conversation"]][:2] == ["My cat is called Momo.", "Answer 1."]
        await here.say("Who is Momo?", thread)
        assert "SUMMARY-1 of the talk." in models.asked[-1]
        assert "My cat is called Momo." not in models.asked[-1]
        assert models.asked[-1].endswith("Who is Momo?")
        assert [item["type"] for item in await here.items(thread)] == ["user_message", "assistant_message"] * 4
        assert "SUMMARY" not in json.dumps(await here.items(thread))

    # Stored with the thread: another process goes on where this one ended.
    if database != "memory://":
        async with desk(tmp_path, database, models) as here:
            here.cost = 1
            before = len(models.summarised)
            for number in range(3):
                await here.say(f"More of it, {number}", thread)
                assert "SUMMARY" in models.asked[-1]
            await models.upstream.received(4 + 1 + 3 + 1)
            assert models.summarised[before]["summary"].startswith("SUMMARY-")


@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
async def test_a_thread_that_was_long_before_is_summarised_in_bounded_steps(
    tmp_path: Path, database: str, models: Models
) -> None:
    async with desk(tmp_path, database, models, HISTORY_ITEMS="50") as here:
        async with storage_at(database) as storage:
            await filled_thread(storage, "thr_long", 4_000, RequestContext(user_id="local"))
        await here.say("Go on.", "thr_long")
        await here.settled(turns=1, summaries=3)
        steps = models.summarised
        assert len(steps) == 3
        assert sum(len(step["conversation"]) for step in steps) > 4_000 - 50
        assert max(len(json.dumps(step["conversation"])) for step in steps) < 60_000
        assert [step["summary"] for step in steps] == ["", "SUMMARY-1 of the talk.", "SUMMARY-2 of the talk."]


async def test_a_retried_answer_leaves_no_word_in_a_later_summary(
    tmp_path: Path, database: str, models: Models
) -> None:
    async with desk(tmp_path, database, models) as here:
        thread = await here.say("First.")
        for text in ("The password is swordfish.", "Third.", "Fourth."):
            await here.say(text, thread)
        await here.settled(turns=4, summaries=1)
        assert "swordfish" in json.dumps(models.summarised)
        items = await here.items(thread)
        confirmed = {"anyport": {"confirm_removal": items[-1]["id"]}}
        await here.client.confirmed("threads.retry_after_item", confirmed, thread_id=thread, item_id=items[0]["id"])
        assert "SUMMARY" not in models.asked[-1]
        before = len(models.summarised)
        for text in ("Second.", "Third.", "Fourth."):
            await here.say(text, thread)
            assert "swordfish" not in models.asked[-1]
        await here.settled(turns=4 + 1 + 3, summaries=before + 1)
        assert models.summarised[before]["summary"] == "", "begun anew"
        assert "swordfish" not in json.dumps(models.summarised[before:])


async def test_a_model_that_fails_is_asked_again_after_the_next_turn_and_no_answer_waits(
    tmp_path: Path, models: Models
) -> None:
    models.failing = True
    async with desk(tmp_path, "memory://", models, HISTORY_ITEMS="1000", HISTORY_TOKENS="200") as here:
        thread = await here.say("One. " * 40)
        await here.say("Two. " * 40, thread)
        await models.upstream.received(3)
        models.failing = False
        await here.say("Three. " * 40, thread)
        assert "SUMMARY" not in models.asked[-1]
        await here.settled(turns=3, summaries=2)
        await here.say("Four.", thread)
        assert "SUMMARY" in models.asked[-1]


async def test_a_message_that_a_guardrail_rejected_is_told_to_no_model(tmp_path: Path, models: Models) -> None:
    guarded = {"ASSISTANT": "tests.assistants.guards:guards", "HISTORY_ITEMS": "2"}
    async with desk(tmp_path, "memory://", models, **guarded) as here:
        thread = await here.say("Good day.")
        await here.say("Do my homework.", thread)
        for number in range(3):
            await here.say(f"More, {number}", thread)
        async with asyncio.timeout(20):
            while "a guardrail rejected" not in json.dumps(models.summarised):
                await here.client.http.get("/health")
        assert "homework" not in json.dumps(models.summarised) + "".join(models.asked)


async def test_off_asks_no_model_and_a_provider_that_cannot_write_is_named(tmp_path: Path, models: Models) -> None:
    async with desk(tmp_path, "memory://", models, HISTORY_SUMMARY="off", HISTORY_ITEMS="2") as here:
        thread = await here.say("One")
        for number in range(4):
            await here.say(f"More, {number}", thread)
        await here.settled(turns=5, summaries=0)
    assert models.summarised == []
    settings = {"HISTORY_SUMMARY": "on", "DATABASE_URL": "memory://"}
    async with running(tmp_path, settings) as server:
        assert said(server, "set SUMMARY_MODEL")


def said(server: ServerProcess, text: str) -> bool:
    return text in server.log
