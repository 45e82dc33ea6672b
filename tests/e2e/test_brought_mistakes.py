"""What brought code does wrong: an end that the user can read, a line for the operator, and nothing wrong stored."""

from collections.abc import AsyncGenerator
from typing import Any

import msgspec
import pytest

from tests.assistants.responds import MISTAKES
from tests.chatkit_client import ChatKitClient
from tests.server import ServerProcess, running


class Chat(msgspec.Struct):
    """A server whose assistant makes the mistake that a message names."""

    client: ChatKitClient
    server: ServerProcess


SHOWN = {"twice": "one", "crash": "Half of it", "exit": "Leaving.", "cancel": "Giving up.", "write": "Before."}
"""What is kept of an answer: what was valid before the mistake."""

NAMED = {
    "words": "yielded a text",
    "coroutine": "Await it.",
    "nothing": "returned None",
    "await": "returned a coroutine",
    "iteration": "'async_generator' object is not iterable",
    "twice": "used twice",
    "user_id": "that of an earlier item",
    "thread": "is of the thread thr_of_another",
    "user_message": "by the user alone",
    "replacement": "by the user alone",
    "removal": "by the user alone",
    "update": "no item msg_unknown",
    "part": "no part 1000000000",
    "type": "Input should be a valid string",
    "surrogate": "surrogate",
    "title": "title",
    "thread_id": "cannot be changed",
    "write": "NotFoundError",
    "crash": "the desk fell over",
    "exit": "SystemExit",
    "cancel": "CancelledError",
    "recursion": "RecursionError",
}
"""What the log says of each mistake."""


@pytest.fixture(scope="module")
async def chat(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Chat, None]:
    folder = tmp_path_factory.mktemp("mistakes")
    environment = {"ASSISTANT": "tests.assistants.responds:mistaken", "DATABASE_URL": f"sqlite:///{folder}/chat.db"}
    async with running(folder, environment) as server, ChatKitClient(server.url) as client:
        yield Chat(client, server)


async def stored(chat: Chat, thread_id: str) -> list[dict[str, Any]]:
    page = await chat.client.call("items.list", thread_id=thread_id, order="asc", limit=100)
    return list(page["data"])


async def test_each_mistake_ends_its_own_turn_alone(chat: Chat) -> None:
    assert MISTAKES.keys() == NAMED.keys()
    for mistake, words in NAMED.items():
        before = len(chat.server.log)
        exchange = await chat.client.say(mistake)
        log = chat.server.log[before:]
        assert exchange.error is not None, mistake
        assert "A step failed" in (exchange.error.message or ""), mistake
        assert words in log, (mistake, log)
        assert "actor=operator" in log, mistake
        assert "responds.py, line " in log, mistake
        items = await stored(chat, exchange.thread_id)
        assert [item["type"] for item in items[:1]] == ["user_message"], mistake
        assert items[0]["content"][0]["text"] == mistake, "the user's own message is untouched"
        texts = ["".join(part["text"] for part in item["content"]) for item in items[1:] if "content" in item]
        assert texts == ([SHOWN[mistake]] if mistake in SHOWN else []), mistake
        assert all(item["thread_id"] == exchange.thread_id for item in items), mistake
        thread = await chat.client.call("threads.get_by_id", thread_id=exchange.thread_id)
        assert thread["title"] == mistake
        again = await chat.client.say("count 2", exchange.thread_id)
        assert again.text.split() == ["1", "2"], (mistake, again.error)
    assert "never awaited" not in chat.server.log


async def test_an_error_for_the_user_is_shown_as_it_is(chat: Chat) -> None:
    exchange = await chat.client.say("refuse")
    assert exchange.error is not None
    assert exchange.error.message == "Not today."
    assert not exchange.error.allow_retry
