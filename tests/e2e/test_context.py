"""The caller's context over HTTP: headers, claims and metadata reach the assistant's code, and go nowhere else."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.domain.context_headers import MOST_VALUE_CHARACTERS
from tests.chatkit_client import ChatKitClient, Exchange, user_input
from tests.e2e.test_agents_approvals import ONCE, decide
from tests.fakes.chat_wire import OpenAIChat
from tests.fakes.dialects import SECRET, Call
from tests.fakes.login_service import SECRET as LOGIN_SECRET
from tests.fakes.login_service import secret_token
from tests.fakes.upstream import Reply, Request, Upstream
from tests.server import ROOT, ServerProcess, running

WIRE = OpenAIChat()
QUIET = "qu1et-canary"


def model(request: Request) -> Reply:
    """Calls the tool that the user names, and repeats its result."""
    newest = request.body["messages"][-1]
    content = newest["content"]
    said = content if isinstance(content, str) else str(content[0]["text"])
    if newest["role"] == "tool":
        return WIRE.text(said)
    if not said.startswith("Call "):
        return WIRE.text("Hello.")
    name, _, arguments = said.removeprefix("Call ").partition(" ")
    return WIRE.calls(Call(name, json.loads(arguments or "{}")))


@pytest.fixture(scope="module")
async def upstream() -> AsyncIterator[Upstream]:
    async with Upstream(WIRE.guard) as upstream:
        upstream.always(model)
        yield upstream


def environment(upstream: Upstream, name: str) -> dict[str, str]:
    return {
        "ASSISTANT": f"tests.assistants.context:{name}",
        "CONTEXT_HEADERS": "X-Page, x-tenant",
        "JWT_SECRET": LOGIN_SECRET,
        "AUTH_AUDIENCE": "https://chat.example.com",
        "OPENAI_API_KEY": SECRET,
        "OPENAI_BASE_URL": f"{upstream.url}/v1",
        "OPENAI_MODEL": "llama3.2",
    }


class Desk:
    """A server, and its clients."""

    def __init__(self, server: ServerProcess, folder: Path, upstream: Upstream) -> None:
        self.server, self.folder, self.upstream = server, folder, upstream

    def client(self, token: str, **headers: str) -> ChatKitClient:
        """Return a client with a token and with further headers."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return ChatKitClient(self.server.url, {"Authorization": f"Bearer {token}", **named})

    def files_with(self, text: str) -> list[str]:
        """Return the files of the server's folder that contain the text."""
        files = [file for file in self.folder.rglob("*") if file.is_file()]
        return [file.name for file in files if text.encode() in file.read_bytes()]

    async def session(self, token: str) -> str:
        """Return the session of a login."""
        async with self.client(token) as client:
            answer = await client.http.post("/api/chatkit/session")
            assert answer.status_code == httpx.codes.OK, answer.text
            return str(answer.json()["client_secret"])


@pytest.fixture(scope="module")
async def desk(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    folder = tmp_path_factory.mktemp("context")
    async with running(folder, environment(upstream, "plain")) as server:
        yield Desk(server, folder, upstream)


@pytest.fixture(scope="module")
async def own_desk(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    """A desk whose assistant has a context type of its own."""
    folder = tmp_path_factory.mktemp("own")
    async with running(folder, environment(upstream, "own")) as server:
        yield Desk(server, folder, upstream)


async def said(client: ChatKitClient, text: str, metadata: dict[str, Any] | None = None) -> Exchange:
    return Exchange(await client.confirmed("threads.create", metadata or {}, input=user_input(text)))


async def test_a_tool_reads_what_each_caller_sent_with_a_login_and_with_a_session(desk: Desk) -> None:
    ann = secret_token(role="editor", org={"id": 7}, access_token="nested")
    bob = await desk.session(secret_token(sub="bob", role="reader"))
    async with (
        desk.client(ann, X_Page="/news", X_Tenant="acme", X_Other="no", Accept_Language="de") as of_ann,
        desk.client(bob, X_Page="/map", X_TENANT="") as of_bob,
    ):
        for _ in range(2):  # Each request has its own.
            seen = json.loads((await said(of_ann, "Call whoami", {"draft": {"id": [1, None]}})).text)
            assert seen == {
                "user": "ann",
                "locale": "de",
                "headers": {"x-page": "/news", "x-tenant": "acme"},
                "claims": {"sub": "ann", "aud": "https://chat.example.com", "role": "editor", "org": {"id": 7}},
                "metadata": {"draft": {"id": [1, None]}},
            }
            seen = json.loads((await said(of_bob, "Call whoami")).text)
            assert seen["user"] == "bob"
            assert seen["headers"] == {"x-page": "/map", "x-tenant": ""}
            assert seen["claims"] == {"sub": "bob", "aud": "https://chat.example.com", "role": "reader"}
            assert seen["metadata"] == {}


async def test_an_approval_and_a_retry_see_the_request_that_answers_or_retries(desk: Desk) -> None:
    first, later = secret_token(role="editor"), await desk.session(secret_token(role="reader"))
    async with desk.client(first, X_Page="/first") as before, desk.client(later, X_Page="/later") as after:
        asked = await said(before, "Call approved", {"at": "first"})
        seen = json.loads((await decide(after, asked, ONCE)).text)
        assert (seen["headers"], seen["claims"]["role"], seen["metadata"]) == ({"x-page": "/later"}, "reader", {})

        answered = await said(before, "Call whoami", {"at": "first"})
        assert json.loads(answered.text)["headers"] == {"x-page": "/first"}
        events = await after.confirmed(
            "threads.retry_after_item", {"at": "later"}, thread_id=answered.thread_id, item_id=answered.items[0].id
        )
        seen = json.loads(Exchange(events).text)
        assert (seen["headers"], seen["claims"]["role"]) == ({"x-page": "/later"}, "reader")
        assert seen["metadata"] == {"at": "later"}


async def test_answers_at_the_same_time_have_each_their_own_context(desk: Desk) -> None:
    bob = await desk.session(secret_token(sub="bob"))
    async with desk.client(secret_token(), X_Page="/one") as one, desk.client(bob, X_Page="/two") as two:
        answers = await asyncio.gather(*(said(client, "Call whoami") for client in [one, two] * 4))
        seen = [json.loads(answer.text) for answer in answers]
        assert [(each["user"], each["headers"]["x-page"]) for each in seen] == [("ann", "/one"), ("bob", "/two")] * 4


async def test_nothing_of_it_is_logged_stored_or_sent_to_a_model(desk: Desk) -> None:
    login = secret_token(sub="quinn", role=QUIET)
    session = await desk.session(login)
    asked_before = len(desk.upstream.requests)
    async with desk.client(session, X_Page=QUIET) as client:
        asked = await said(client, "Hello", {"draft": QUIET})
        await said(client, "Call approved", {"draft": QUIET})  # A run that waits is stored too.
        assert asked.text == "Hello."
        assert QUIET not in json.dumps(await client.call("items.list", thread_id=asked.thread_id, limit=10))
    assert not any(QUIET in json.dumps(request.body) for request in desk.upstream.requests[asked_before:])
    assert QUIET not in desk.server.log
    assert desk.files_with("SQLite format")
    assert not desk.files_with(QUIET)


async def test_too_much_is_refused_with_the_limit_before_anything_begins(desk: Desk) -> None:
    async with desk.client(secret_token(), X_Page="x" * (MOST_VALUE_CHARACTERS + 1)) as client:
        problem = await client.refused("threads.list", limit=1)
        assert problem["message"] == "The header x-page is too long: it may have 2000 characters."
    async with desk.client(secret_token(), X_Page="x" * MOST_VALUE_CHARACTERS) as client:
        assert len(json.loads((await said(client, "Call whoami")).text)["headers"]["x-page"]) == MOST_VALUE_CHARACTERS
        body = {"type": "threads.create", "params": {"input": user_input("Hello")}, "metadata": {"draft": "x" * 10_001}}
        refused = await client.http.post("/chatkit", json=body)
        assert refused.status_code == httpx.codes.BAD_REQUEST
        assert "metadata" in refused.json()["message"]


async def test_the_largest_claims_of_a_login_work_in_its_session(desk: Desk) -> None:
    token = secret_token(groups=[f"group-{number:04}" for number in range(290)], extra="e" * 500)
    for credential in (token, await desk.session(token)):
        async with desk.client(credential) as client:
            seen = json.loads((await said(client, "Call whoami")).text)
            assert len(seen["claims"]["groups"]) == 290
            assert "extra" not in seen["claims"]
    assert desk.server.log.count("more claims than the context takes") == 1


async def test_every_part_of_the_assistant_reads_its_own_context_and_our_tools_work_beside(own_desk: Desk) -> None:
    async with own_desk.client(secret_token(), X_Page="/news") as client:
        assert (await said(client, "Call mine")).text == "ann /news guardrail hooks instructions"
        [system, *_] = own_desk.upstream.requests[-1].body["messages"]
        assert system["content"] == "You talk to ann on /news."
        created = await said(client, 'Call create_task {"title": "Water the plants"}')
        assert "Water the plants" in created.text
        tasks = (await client.http.get("/api/tasks")).json()
        assert "Water the plants" in json.dumps(tasks)
        assert (await said(client, "Call nested")).text == "{'from': 'nested'} ann"


async def test_what_goes_on_later_has_the_own_context_of_the_request_that_answers(own_desk: Desk) -> None:
    async with (
        own_desk.client(secret_token(), X_Page="/first") as before,
        own_desk.client(secret_token(), X_Page="/later") as after,
    ):
        form = await said(before, "Call allowed")
        assert (await decide(after, form, ONCE)).text == "ann /later"
        call = await said(before, "Call asked")
        page = await after.call("items.list", thread_id=call.thread_id, order="desc", limit=1)
        assert page["data"][0]["type"] == "client_tool_call"
        events = await after.events("threads.add_client_tool_output", thread_id=call.thread_id, result={"value": "red"})
        assert Exchange(events).text.startswith("ann /later ")
        question = await said(before, 'Call ask_user {"questions": [{"question": "Which?", "options": ["a", "b"]}]}')
        asked = question.items[-1]
        answers = {one.id: {"values": ["a"], "skipped": False} for one in asked.inputs}
        events = await after.events(
            "threads.add_structured_input",
            thread_id=question.thread_id,
            item_id=asked.id,
            input={"status": "answered", "answers": answers},
        )
        assert '"a"' in Exchange(events).text


@pytest.mark.parametrize(
    ("page", "logged"),
    [
        ("/crash", "ZeroDivisionError: the profile store is away"),
        ("/nothing", "the async function profile (ROOT/tests/assistants/context.py:LINE) returned None"),
        ("/class", "returned the class Profile"),
        ("/forgotten", "returned a coroutine"),
    ],
)
async def test_a_function_that_fails_ends_its_turn_with_a_sentence_and_the_thread_goes_on(
    own_desk: Desk, page: str, logged: str
) -> None:
    async with (
        own_desk.client(secret_token(), X_Page=page) as broken,
        own_desk.client(secret_token(), X_Page="/fine") as whole,
    ):
        before, asked_before = len(own_desk.server.log), len(own_desk.upstream.requests)
        failed = await said(broken, "Call mine")
        assert failed.error is not None
        assert "A step failed, and the answer ends here." in str(failed.error.message)
        assert failed.error.allow_retry
        assert len(own_desk.upstream.requests) == asked_before, "no token is spent"
        log = own_desk.server.log[before:].replace(str(ROOT), "ROOT")
        log = re.sub(r"context\.py:\d+\)", "context.py:LINE)", log)
        assert log.count("assistant crashed") == 1
        assert "part=context" in log
        assert logged in log
        again = await whole.say("Call mine", failed.thread_id)
        assert again.text.startswith("ann /fine ")

        # An answer whose context cannot be made is not taken up, and may be sent again.
        form = await said(whole, "Call allowed")
        assert (await decide(broken, form, ONCE)).error is not None
        assert (await decide(whole, form, ONCE)).text == "ann /fine"


async def test_a_refusal_of_the_function_is_shown_to_the_user(own_desk: Desk) -> None:
    async with own_desk.client(secret_token(), X_Page="/closed") as client:
        refused = await said(client, "Call mine")
        assert refused.error is not None
        assert refused.error.message == "The desk is closed."


async def test_an_own_context_that_is_a_mapping_is_not_stored_with_a_run_that_waits(
    upstream: Upstream, tmp_path: Path
) -> None:
    async with running(tmp_path, environment(upstream, "mapping")) as server:
        desk = Desk(server, tmp_path, upstream)
        async with desk.client(secret_token(role=QUIET), X_Page=QUIET) as client:
            form = await said(client, "Call kept")
            assert not desk.files_with(QUIET)
            assert (await decide(client, form, ONCE)).text == "at claims page"
