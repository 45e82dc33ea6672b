"""What one user may take of a server."""

import asyncio
from collections import Counter
from pathlib import Path

import httpx
from chatkit.types import NoticeEvent, ThreadCreatedEvent

from tests.chatkit_client import ChatKitClient, user_input
from tests.fakes.login_service import SECRET, secret_token
from tests.postgres import Databases
from tests.server import running

QUICK = {"DEMO_DELAY_MS": "0"}


async def test_requests_of_a_minute(tmp_path: Path) -> None:
    async with running(tmp_path, {"RATE_LIMIT_PER_MINUTE": "3"}) as server, ChatKitClient(server.url) as client:
        # More than two minutes would let through, should one end meanwhile.
        answers = [await client.http.get("/api/tasks") for _ in range(7)]
        refused = [answer for answer in answers if answer.status_code == httpx.codes.TOO_MANY_REQUESTS]
        assert refused
        problem = refused[0].json()
        assert 1 <= int(refused[0].headers["retry-after"]) <= 60
        assert problem["code"] == "rate_limited"
        assert "Too many requests" in problem["message"]
        assert problem["request_id"]
        assert (await client.http.get("/health")).status_code == httpx.codes.OK


async def test_looks_at_health_are_counted_apart_from_what_users_do(tmp_path: Path) -> None:
    environment = {"JWT_SECRET": SECRET, "RATE_LIMIT_PER_ADDRESS": "20", "DATABASE_URL": "memory://"}
    async with running(tmp_path, environment) as server, ChatKitClient(server.url) as client:
        for _ in range(50):
            await client.http.get("/api/tasks")
        assert (await client.http.get("/health")).status_code == httpx.codes.OK, "a balancer at the users' address"
        # More than two minutes would let through, should one end meanwhile.
        answers = [await client.http.get("/health") for _ in range(250)]
        refused = [answer for answer in answers if answer.status_code == httpx.codes.TOO_MANY_REQUESTS]
        assert refused
        assert 1 <= int(refused[0].headers["retry-after"]) <= 60


async def test_threads_that_begin_at_once_count_before_they_have_an_id(tmp_path: Path) -> None:
    environment = {"MAX_CONCURRENT_TURNS": "3", "DATABASE_URL": "memory://", "DEMO_DELAY_MS": "30"}
    async with running(tmp_path, environment) as server, ChatKitClient(server.url) as client:
        body = {"type": "threads.create", "params": {"input": user_input("count to 30")}}
        answers = await asyncio.gather(*(client.http.post("/chatkit", json=body) for _ in range(10)))
        assert Counter(answer.status_code for answer in answers) == {200: 3, 429: 7}
        threads = await client.call("threads.list", limit=20)
        assert len(threads["data"]) == 3, "a refused one leaves no empty thread"


async def test_a_login_limits_also_behind_a_proxy_on_the_same_machine(tmp_path: Path) -> None:
    environment = {"JWT_SECRET": SECRET, "HOST": "127.0.0.1", "DATABASE_URL": "memory://"}
    bearer = {"authorization": f"Bearer {secret_token(aud=None, iss=None)}"}
    async with running(tmp_path, environment) as server, ChatKitClient(server.url) as client:
        # More than two minutes would let through, should one end meanwhile.
        answers = [await client.http.get("/api/tasks", headers=bearer) for _ in range(250)]
        statuses = Counter(answer.status_code for answer in answers)
        assert statuses[httpx.codes.TOO_MANY_REQUESTS] >= 10
        assert statuses[httpx.codes.OK] >= 100


async def test_the_single_user_of_a_server_without_a_login_has_no_limit_on_any_address(tmp_path: Path) -> None:
    environment = {"AUTH_MODE": "none", "HOST": "0.0.0.0", "DATABASE_URL": "memory://"}  # noqa: S104  # what it is about
    async with running(tmp_path, environment) as server, ChatKitClient(server.url) as client:
        answers = [await client.http.get("/api/tasks") for _ in range(250)]
        assert {answer.status_code for answer in answers} == {httpx.codes.OK}
        requests = (await client.http.get("/api/usage")).json()["requests"]
        assert requests["limit"] is None


async def test_tokens_of_a_day_also_after_a_restart(tmp_path: Path) -> None:
    environment = {**QUICK, "QUOTA_TOKENS_PER_DAY": "1"}
    async with running(tmp_path, environment) as server, ChatKitClient(server.url) as client:
        first = await client.say("Hello!")
        assert first.text
        [notice] = [event for event in first.events if isinstance(event, NoticeEvent)]
        assert "allowance" in notice.message
        problem = await client.refused("threads.create", input=user_input("Hello!"))
        assert problem["code"] == "quota_used"
    async with running(tmp_path, environment) as server, ChatKitClient(server.url) as client:
        await client.refused("threads.create", input=user_input("Hello!"))
        usage = (await client.http.get("/api/usage")).json()["tokens"]
        assert usage["used"] > usage["limit"] == 1
        threads = await client.call("threads.list")
        assert len(threads["data"]) == 1


async def test_a_message_that_is_too_long(tmp_path: Path) -> None:
    environment = {**QUICK, "MAX_MESSAGE_CHARACTERS": "10"}
    async with running(tmp_path, environment) as server, ChatKitClient(server.url) as client:
        problem = await client.refused("threads.create", input=user_input("Hello, world"))
        assert "12 characters, and 10 are allowed" in problem["message"]
        assert (await client.say("Hello!")).text


async def test_answers_at_once(tmp_path: Path) -> None:
    environment = {"DEMO_DELAY_MS": "20", "MAX_CONCURRENT_TURNS": "1"}
    async with running(tmp_path, environment) as server, ChatKitClient(server.url) as client:
        first = client.stream("threads.create", input=user_input("count to 999"))
        created = await anext(first)
        assert isinstance(created, ThreadCreatedEvent)
        problem = await client.refused("threads.create", input=user_input("Hello again!"))
        assert problem["code"] == "too_many_turns"
        stopped = await client.http.post(f"/api/threads/{created.thread.id}/stop")
        assert stopped.is_success
        await first.aclose()
        assert (await client.say("Hello again!")).text
        assert len((await client.call("threads.list"))["data"]) == 2


async def test_answers_at_once_on_two_replicas(tmp_path: Path, databases: Databases) -> None:
    async with databases.fresh() as url:
        environment = {"DEMO_DELAY_MS": "20", "MAX_CONCURRENT_TURNS": "1", "DATABASE_URL": url}
        async with (
            running(tmp_path, environment) as one,
            running(tmp_path, environment) as two,
            ChatKitClient(one.url) as here,
            ChatKitClient(two.url) as there,
        ):
            first = here.stream("threads.create", input=user_input("count to 999"))
            created = await anext(first)
            assert isinstance(created, ThreadCreatedEvent)
            await seen_from(there, created.thread.id)
            refused = await there.say("Hello again!")
            assert [event for event in refused.events if isinstance(event, NoticeEvent)], (refused.events, two.log)
            await first.aclose()


async def seen_from(client: ChatKitClient, thread_id: str) -> None:
    """Wait until another replica knows of the thread's turn."""
    while True:
        async with client.http.stream("GET", f"/api/threads/{thread_id}/stream") as stream:
            if stream.status_code == httpx.codes.OK:
                return
