"""Streams that are left and taken up again: no event missing, doubled or out of order."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.chatkit_client import ChatKitClient, user_input
from tests.server import ServerProcess


class Numbered:
    """The events of a stream with their numbers, as a browser's EventSource would see them."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, dict[str, Any]]] = []

    @property
    def last(self) -> int:
        return self.seen[-1][0] if self.seen else 0

    @property
    def text(self) -> str:
        updates = [event["update"] for _, event in self.seen if "update" in event]
        return "".join(update.get("delta", "") for update in updates)

    async def read(self, response: httpx.Response, at_most: int) -> None:
        number = self.last
        async for line in response.aiter_lines():
            if line.startswith("id: "):
                number = int(line.removeprefix("id: "))
            elif line.startswith("data: "):
                self.seen.append((number, json.loads(line.removeprefix("data: "))))
                at_most -= 1
                if not at_most:
                    return


@asynccontextmanager
async def stream(client: ChatKitClient, thread: str, **how: Any) -> AsyncIterator[httpx.Response]:
    async with client.http.stream("GET", f"/api/threads/{thread}/stream", **how) as response:
        yield response


async def stored(client: ChatKitClient, thread: str) -> str:
    page = await client.call("items.list", thread_id=thread, order="asc")
    return "".join(part["text"] for item in page["data"][1:] for part in item["content"])


async def begun(client: ChatKitClient, text: str, events: int) -> tuple[str, str]:
    """Send a message, and disconnect after a number of events; return thread and turn."""
    body = {"type": "threads.create", "params": {"input": user_input(text)}}
    async with client.http.stream("POST", "/chatkit", json=body) as response:
        first = Numbered()
        await first.read(response, events)
    return first.seen[0][1]["thread"]["id"], response.headers["x-turn-id"]


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(left=st.integers(1, 40), cuts=st.lists(st.integers(1, 30), max_size=6))
async def test_left_anywhere_and_taken_up_again_it_is_whole(
    server: ServerProcess, client: ChatKitClient, left: int, cuts: Sequence[int]
) -> None:
    thread, turn = await begun(client, "count to 40", left)
    whole, by_header = Numbered(), False
    for cut in [*cuts, 10_000]:
        by_header = not by_header
        how = {"headers": {"last-event-id": str(whole.last)}} if by_header else {"params": {"after": whole.last}}
        async with stream(client, thread, **how) as response:
            if response.status_code == httpx.codes.NO_CONTENT:
                break  # There is no more; whether that is true is seen below.
            await whole.read(response, cut)
    assert [number for number, _ in whole.seen] == list(range(1, len(whole.seen) + 1))
    assert whole.text == await stored(client, thread)
    assert whole.text.split() == [str(number) for number in range(1, 41)]
    async with stream(client, thread, params={"turn": turn}) as response:
        assert response.headers["x-turn-id"] == turn
        again = Numbered()
        await again.read(response, 10_000)
    assert again.seen == whole.seen, "a turn that has ended can be read again"


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(after=st.integers(0, 200))
async def test_an_ended_turn_from_any_number_on(client: ChatKitClient, after: int) -> None:
    thread = (await client.say("count to 20")).thread_id
    whole, rest = Numbered(), Numbered()
    async with stream(client, thread) as response:
        await whole.read(response, 10_000)
    async with stream(client, thread, params={"after": after}) as response:
        more = after < len(whole.seen)
        assert response.status_code == (httpx.codes.OK if more else httpx.codes.NO_CONTENT), "204 says that it is whole"
        await rest.read(response, 10_000)
    assert rest.seen == whole.seen[after:]


async def test_behind_the_end_of_a_turn_that_runs_is_nothing_and_then_the_end(client: ChatKitClient) -> None:
    thread, _ = await begun(client, "count to 30", 3)
    async with stream(client, thread, params={"after": 2**31 - 1}) as response:
        nothing = Numbered()
        await nothing.read(response, 10_000)
    assert nothing.seen == []
    assert (await stored(client, thread)).endswith("30"), "who looks on keeps it going"


async def test_what_cannot_be_followed(client: ChatKitClient) -> None:
    thread = (await client.say("Hello!")).thread_id
    path = f"/api/threads/{thread}/stream"
    for params in ({"turn": "turn_none"}, {"running": "true"}):
        assert (await client.http.get(path, params=params)).status_code == httpx.codes.NO_CONTENT
    for params in ({"after": "-1"}, {"after": "x"}, {"after": str(2**31)}):
        assert (await client.http.get(path, params=params)).status_code == httpx.codes.BAD_REQUEST
    for header in ("-1", "x", "9" * 30):
        wrong = await client.http.get(path, headers={"last-event-id": header})
        assert wrong.status_code == httpx.codes.BAD_REQUEST
    assert (await client.http.get("/api/threads/thr_none/stream")).status_code == httpx.codes.NOT_FOUND
