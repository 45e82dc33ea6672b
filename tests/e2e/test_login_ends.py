"""Answers that last longer than the login that opened them."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.chatkit_client import ChatKitClient, Exchange, user_input
from tests.fakes.login_service import SECRET, secret_token
from tests.server import ServerProcess, running

COUNTED = 150


@pytest.fixture(scope="module")
async def guarded(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ServerProcess]:
    """A server with a login, whose answers take some four seconds."""
    environment = {"JWT_SECRET": SECRET, "DEMO_DELAY_MS": "25", "MAX_CONCURRENT_TURNS": "0"}
    async with running(tmp_path_factory.mktemp("guarded"), environment) as server:
        yield server


def login(seconds: int = 3600) -> dict[str, str]:
    """Ann's token, for so long."""
    return {"authorization": f"Bearer {secret_token(aud=None, iss=None, exp=int(time.time()) + seconds)}"}


class ReadStream:
    """What a reader got of a stream, and whether it came to an end of its own."""

    def __init__(self) -> None:
        self.status = 0
        self.lines: list[str] = []
        self.is_whole = False
        self.ended_at = 0.0

    async def read(self, http: httpx.AsyncClient, method: str, path: str, **how: Any) -> "ReadStream":
        async with http.stream(method, path, headers=login(2), **how) as response:
            self.status = response.status_code
            try:
                async for line in response.aiter_lines():
                    self.lines.append(line)
                self.is_whole = True
            except httpx.RemoteProtocolError:
                pass
        self.ended_at = time.time()
        return self

    @property
    def last(self) -> int:
        """The number of the last event."""
        return max(int(line.removeprefix("id: ")) for line in self.lines if line.startswith("id: "))


def deltas(lines: list[str]) -> str:
    """The text that the events add."""
    events = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    return "".join(event["update"].get("delta", "") for event in events if "update" in event)


async def test_each_ends_with_its_login_and_nothing_of_the_answer_is_lost(guarded: ServerProcess) -> None:
    asked = {"type": "threads.create", "params": {"input": user_input(f"count to {COUNTED}")}}
    plain = {"message": {"content": f"count to {COUNTED}"}}
    async with ChatKitClient(guarded.url, login()) as ann, httpx.AsyncClient(base_url=guarded.url) as http:
        body = {"type": "threads.create", "params": {"input": user_input(f"count to {COUNTED}")}}
        async with ann.http.stream("POST", "/chatkit", json=body) as answer:
            first = json.loads((await anext(answer.aiter_lines())).removeprefix("data: "))
            thread = first["thread"]["id"]
        ends = time.time() + 2
        posted, followed, changes, spoken, collected = await asyncio.gather(
            ReadStream().read(http, "POST", "/chatkit", json=asked),
            ReadStream().read(http, "GET", f"/api/threads/{thread}/stream"),
            ReadStream().read(http, "GET", "/api/events"),
            ReadStream().read(http, "POST", "/chatkit/api", json=plain),
            http.post("/chatkit/api", json=plain, headers={**login(2), "accept": "application/json"}),
        )
        assert [stream.status for stream in (posted, followed, changes, spoken)] == [200] * 4
        assert all(stream.ended_at > ends - 1 for stream in (posted, followed, changes, spoken)), "not before it"
        assert (followed.is_whole, changes.is_whole) == (True, True), "who can ask for the rest is let go"
        assert (posted.is_whole, spoken.is_whole) == (False, False), "to all others it must not look like the end"
        assert collected.status_code == httpx.codes.UNAUTHORIZED
        assert not deltas(followed.lines).rstrip().endswith(str(COUNTED)), "the answer was not done"
        rest = await ann.http.get(f"/api/threads/{thread}/stream", params={"after": followed.last})
        whole = deltas(followed.lines) + deltas(rest.text.splitlines())
        assert whole.split() == [str(number) for number in range(1, COUNTED + 1)]
        unread = json.loads(posted.lines[0].removeprefix("data: "))["thread"]["id"]
        rest = await ann.http.get(f"/api/threads/{unread}/stream")
        assert deltas(rest.text.splitlines()).split()[-1] == str(COUNTED), "a turn goes on as when nobody follows"
    assert "Traceback" not in guarded.log
    assert "[error" not in guarded.log, guarded.log


async def test_a_user_cannot_end_the_answer_of_another_by_deleting_its_thread(guarded: ServerProcess) -> None:
    bob = {"authorization": f"Bearer {secret_token(sub='bob', aud=None, iss=None)}"}
    async with ChatKitClient(guarded.url, login()) as ann, ChatKitClient(guarded.url, bob) as stranger:
        events = ann.stream("threads.create", input=user_input("count to 12"))
        exchange = Exchange([await anext(events)])
        refusal = await stranger.refused("threads.delete", thread_id=exchange.thread_id)
        assert refusal["code"] == "not_found"
        exchange.events += [event async for event in events]
        assert exchange.text.split()[-1] == "12"
