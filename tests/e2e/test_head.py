"""`HEAD` answers like `GET`, without a body, and keeps nothing open."""

import asyncio

import httpx
import pytest

from tests.chatkit_client import ChatKitClient
from tests.e2e.test_isolation import filled
from tests.e2e.test_layers_fail import IN_PATH, ROUTES, House
from tests.server import ServerProcess

PATHS = sorted({path for method, path in ROUTES if method == "GET"})
OF_EACH_ANSWER = {"date", "x-request-id", "transfer-encoding", "content-length", "connection"}
BOUND = 20.0


async def both(client: httpx.AsyncClient, url: str, **asked: object) -> tuple[httpx.Response, httpx.Response]:
    """What `GET` and `HEAD` answer; of a stream its beginning."""
    async with client.stream("GET", url, **asked) as get:  # type: ignore[arg-type]
        pass
    return get, await client.head(url, **asked)  # type: ignore[arg-type]


async def test_every_route_that_is_read_answers_it(server: ServerProcess, client: ChatKitClient) -> None:
    house = House(client, server, {})
    async with asyncio.timeout(BOUND):
        await house.furnish()
        for path in PATHS:
            [row] = ROUTES["GET", path]
            url = path
            for name, place in IN_PATH.items():
                url = url.replace(name, place)
            get, head = await both(client.http, filled(url, house.ids), **filled(dict(row), house.ids))
            assert head.status_code == get.status_code, path
            assert head.content == b""
            assert named(head) == named(get), path
            if "content-length" in head.headers:
                assert head.headers["content-length"] == get.headers["content-length"], path


def named(response: httpx.Response) -> dict[str, str]:
    """The headers that two answers have in common."""
    return {name: value for name, value in response.headers.items() if name not in OF_EACH_ANSWER}


@pytest.mark.parametrize("path", ["/nowhere", "/chatkit", "/api/tasks/task_none", "/api/tasks?limit=0"])
async def test_a_refusal_is_the_same(client: ChatKitClient, path: str) -> None:
    get, head = await both(client.http, path)
    assert httpx.codes.is_client_error(get.status_code)
    assert head.status_code == get.status_code
    assert named(head) == named(get)


async def test_a_stream_that_was_only_looked_at_is_not_open(client: ChatKitClient, server: ServerProcess) -> None:
    """The line of a request is logged when its stream has ended."""
    name = "head-of-a-stream"
    async with asyncio.timeout(BOUND):
        head = await client.http.head("/api/events", headers={"x-request-id": name})
        assert head.headers["content-type"].startswith("text/event-stream")
        while f"request_id={name}" not in server.log:  # noqa: ASYNC110  # another process writes it
            await asyncio.sleep(0.01)
    assert "response aborted" not in server.log
