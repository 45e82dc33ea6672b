"""Scripted upstream: it sends the bytes of its script."""

import asyncio

import httpx2
import pytest

from tests.fakes.upstream import Close, Hold, Raw, Reply, Request, Reset, Until, Upstream, json_reply, sse, stream


def client(upstream: Upstream) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=upstream.url, trust_env=False)


async def test_it_records_requests_and_plays_answers_in_order_on_one_connection() -> None:
    async with Upstream() as upstream, client(upstream) as http:
        upstream.script(json_reply(200, {"n": 1}), stream(sse({"n": 2})))
        first = await http.post("/v1/one?key=a", json={"q": "é"}, headers={"X-Test": "yes"})
        second = await http.get("/v1/two")
        assert first.json() == {"n": 1}
        assert second.text == 'data: {"n":2}\n\n'
        assert second.headers["content-type"] == "text/event-stream"
        assert [request.path for request in upstream.requests] == ["/v1/one", "/v1/two"]
        assert upstream.requests[0].body == {"q": "é"}
        assert upstream.requests[0].query == {"key": ["a"]}
        assert upstream.requests[0].headers["x-test"] == "yes"
        assert upstream.connections == 1


async def test_a_guard_refuses_before_the_script_is_touched() -> None:
    def guard(request: Request) -> Reply | None:
        return json_reply(400, {"refused": True}) if request.path == "/bad" else None

    async with Upstream(guard) as upstream, client(upstream) as http:
        upstream.script(json_reply(200, {}))
        assert (await http.get("/bad")).status_code == 400
        assert (await http.get("/good")).status_code == 200
        assert (await http.get("/good")).status_code == 501, "nothing is scripted any more"


async def test_it_waits_for_an_event_and_notices_a_client_that_hangs_up() -> None:
    go = asyncio.Event()
    async with Upstream() as upstream, client(upstream) as http:
        upstream.script(stream(b"one", Until(go), b"two", Hold()))
        async with http.stream("GET", "/") as response:
            chunks = response.aiter_bytes()
            assert await anext(chunks) == b"one"
            go.set()
            assert await anext(chunks) == b"two"
            assert not upstream.hung_up.is_set()
        await asyncio.wait_for(upstream.hung_up.wait(), 5)


@pytest.mark.parametrize(
    "reply",
    [
        stream(b"one", Reset()),
        stream(b"one", Raw(b"ff\r\nhalf a chunk"), Close()),
        Reply(steps=[Close()], framing="none"),
    ],
    ids=["reset", "cut chunk", "no head"],
)
async def test_a_broken_answer_is_an_error_of_the_transport(reply: Reply) -> None:
    async with Upstream() as upstream, client(upstream) as http:
        upstream.always(reply)
        with pytest.raises((httpx2.ReadError, httpx2.RemoteProtocolError)):
            await http.get("/")


async def test_an_answer_may_end_with_the_connection() -> None:
    async with Upstream() as upstream, client(upstream) as http:
        upstream.always(stream(b"one", b"two", framing="close"))
        assert (await http.get("/")).content == b"onetwo"
