"""User B with user A's ids gets, to the letter, what ids that do not exist would get B: in every request and route.

The tables are complete, or a test fails: ChatKit's requests come from its own types, routes from the API document, and
tools from the MCP server.
"""

import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from pathlib import Path
from typing import Any, get_args
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest
from chatkit.types import (
    ChatKitReq,
    ThreadCreatedEvent,
    ThreadItemDoneEvent,
    ThreadItemUpdatedEvent,
    ThreadStreamEvent,
)

from tests.chatkit_client import ChatKitClient, user_input
from tests.fakes.login_service import SECRET, secret_token
from tests.server import ServerProcess, running
from tests.uploads import png, upload_in_two_phases

CANARY = "only Ann may read this"
NOBODYS = {
    "thread": "thr_0199f000000070008000000000000000",
    "message": "msg_0199f000000070008000000000000000",
    "widget": "wid_0199f000000070008000000000000000",
    "task": "task_0199f000000070008000000000000000",
    "file": "atc_0199f000000070008000000000000000",
}
"""Ids of the right form that do not exist."""

TEXT = user_input("hi")
CLICK = {"type": "task.complete", "payload": {"task": "{task}"}}

CHATKIT: dict[str, dict[str, Any]] = {
    "threads.create": {"input": user_input("hi", attachments=["{file}"])},
    "threads.add_user_message": {"thread_id": "{thread}", "input": TEXT},
    "threads.add_client_tool_output": {"thread_id": "{thread}", "result": 1},
    "threads.add_structured_input": {"thread_id": "{thread}", "item_id": "{message}", "input": {}},
    "threads.retry_after_item": {"thread_id": "{thread}", "item_id": "{message}"},
    "threads.custom_action": {"thread_id": "{thread}", "item_id": "{widget}", "action": CLICK},
    "threads.sync_custom_action": {"thread_id": "{thread}", "item_id": "{widget}", "action": CLICK},
    "threads.get_by_id": {"thread_id": "{thread}"},
    "threads.list": {"after": "{thread}"},
    "threads.update": {"thread_id": "{thread}", "title": "mine now"},
    "threads.delete": {"thread_id": "{thread}"},
    "items.list": {"thread_id": "{thread}", "after": "{message}"},
    "items.feedback": {"thread_id": "{thread}", "item_ids": ["{message}"], "kind": "positive"},
    "attachments.create": {"name": "{file}", "size": 0, "mime_type": "text/plain"},
    "attachments.delete": {"attachment_id": "{file}"},
    "input.transcribe": {"audio_base64": "AA==", "mime_type": "audio/webm"},
}

# Method and path as in the API document; what else is sent. `{own}` is a permission that Bob has for a file of his.
ROUTES: dict[tuple[str, str], dict[str, Any]] = {
    ("post", "/chatkit"): {"json": {"type": "threads.get_by_id", "params": {"thread_id": "{thread}"}}},
    ("post", "/api/chatkit"): {"json": {"type": "threads.get_by_id", "params": {"thread_id": "{thread}"}}},
    ("post", "/chatkit/api"): {"json": {"message": {"content": "hi"}, "thread_id": "{thread}"}},
    ("post", "/api/chatkit/session"): {"json": {"user_id": "ann"}, "params": {"user_id": "ann"}},
    ("get", "/api/tasks"): {"params": {"after": "{task}"}},
    ("post", "/api/tasks"): {"json": {"title": "", "id": "{task}"}},
    ("get", "/api/tasks/{task_id}"): {},
    ("patch", "/api/tasks/{task_id}"): {"json": {"title": "mine now"}},
    ("delete", "/api/tasks/{task_id}"): {},
    ("get", "/api/threads/{thread_id}/stream"): {},
    ("post", "/api/threads/{thread_id}/stop"): {},
    ("get", "/api/entities"): {"params": {"query": "Ann"}},
    ("get", "/api/models"): {},
    ("get", "/api/assistant"): {},
    ("get", "/api/usage"): {},
    ("get", "/health"): {},
    ("post", "/api/attachments"): {"json": {"id": "{file}"}},
    ("get", "/api/attachments/{attachment_id}"): {},
    ("put", "/api/attachments/{attachment_id}/content"): {"params": {"token": "{own}"}, "content": b"x"},
    ("post", "/api/attachments/{attachment_id}/content"): {"params": {"token": "{own}"}, "files": {"file": b"x"}},
    ("get", "/api/attachments/{attachment_id}/content"): {"params": {"token": "{own}"}},
    ("get", "/api/attachments/{attachment_id}/preview"): {"params": {"token": "{own}"}},
}
# It takes no id and does not end: `test_a_change_is_published_to_its_user_alone`.
EVENTS = ("get", "/api/events")
IN_PATH = {"{thread_id}": "{thread}", "{task_id}": "{task}", "{attachment_id}": "{file}"}

TOOLS: dict[str, dict[str, Any]] = {
    "create_task": {"title": ""},
    "list_tasks": {"after": "{task}"},
    "get_task": {"task": "{task}"},
    "update_task": {"task": "{task}", "title": "mine now"},
    "complete_task": {"task": "{task}"},
    "reopen_task": {"task": "{task}"},
    "delete_task": {"task": "{task}"},
}


class House(msgspec.Struct):
    """Ann, who has something of everything, and Bob, who has a file."""

    ann: ChatKitClient
    bob: ChatKitClient
    anns: Mapping[str, str]
    permission: str

    async def belongings(self) -> str:
        """All that Ann has, as she sees it."""
        thread = await self.ann.call("threads.get_by_id", thread_id=self.anns["thread"])
        tasks = (await self.ann.http.get("/api/tasks")).json()
        file = await self.ann.http.get(f"/api/attachments/{self.anns['file']}")
        return json.dumps([thread, tasks, file.json()["id"]], sort_keys=True)


def client_of(server: ServerProcess, user: str) -> ChatKitClient:
    """Client of a user with a login."""
    return ChatKitClient(server.url, {"authorization": f"Bearer {secret_token(sub=user, aud=None, iss=None)}"})


@pytest.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A server with both in it."""
    unlimited = {"RATE_LIMIT_PER_MINUTE": "0", "RATE_LIMIT_PER_ADDRESS": "0"}
    environment = {"JWT_SECRET": SECRET, "DEMO_DELAY_MS": "0", **unlimited}
    async with (
        running(tmp_path_factory.mktemp("house"), environment) as server,
        client_of(server, "ann") as ann,
        client_of(server, "bob") as bob,
    ):
        file = await upload_in_two_phases(ann, "ann.png", png(), "image/png")
        await ann.events("threads.create", input=user_input(f"{CANARY} 1", attachments=[file["id"]]))
        exchange = await ann.say(f"Add a task: {CANARY}")
        exchange = await ann.say("Show me my tasks", exchange.thread_id)
        [task] = (await ann.http.get("/api/tasks")).json()
        by_type = {item.type: item.id for item in exchange.items}
        own = await upload_in_two_phases(bob, "bob.png", png(), "image/png")
        [permission] = parse_qs(urlsplit(own["upload_descriptor"]["url"]).query)["token"]
        anns = {
            "thread": exchange.thread_id,
            "message": by_type["user_message"],
            "widget": by_type["widget"],
            "task": task["id"],
            "file": file["id"],
        }
        yield House(ann, bob, anns, permission)


def filled(value: Any, ids: Mapping[str, str]) -> Any:
    """`value` with ids where their names stand in braces."""
    match value:
        case str():
            for name, id_ in ids.items():
                value = value.replace(f"{{{name}}}", id_)
            return value
        case dict():
            return {name: filled(part, ids) for name, part in value.items()}
        case list():
            return [filled(part, ids) for part in value]
        case _:
            return value


_PASSING = re.compile(r'"(request_id|client_secret|resets_at|created_at|used)":\s*("[^"]*"|\d+)')


def comparable(response: httpx.Response, ids: Mapping[str, str]) -> tuple[int, str, str]:
    """The answer, without the ids that were sent and what is new in every answer."""
    text = response.text
    for name, id_ in ids.items():
        text = text.replace(id_, f"{{{name}}}")
    return response.status_code, response.headers.get("content-type", ""), _PASSING.sub("", text)


async def assert_alike(house: House, method: str, path: str, row: Mapping[str, Any]) -> None:
    """Bob gets the same response for Ann's ids as for unknown ones, and neither sees nor changes her data."""
    before = await house.belongings()
    answers = []
    for ids in (NOBODYS, house.anns):
        known = {**ids, "own": house.permission}
        response = await house.bob.http.request(method, filled(path, known), **filled(dict(row), known))
        assert CANARY not in response.text
        answers.append(comparable(response, ids))
    assert answers[0] == answers[1]
    assert await house.belongings() == before


@pytest.mark.parametrize("kind", CHATKIT)
async def test_a_request_of_chatkits(house: House, kind: str) -> None:
    await assert_alike(house, "post", "/chatkit", {"json": {"type": kind, "params": CHATKIT[kind]}})


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
async def test_a_route(house: House, route: tuple[str, str]) -> None:
    method, path = route
    await assert_alike(house, method, named(path), ROUTES[route])


def named(path: str) -> str:
    """The path of the API document with the names of `NOBODYS` in braces."""
    for name, place in IN_PATH.items():
        path = path.replace(name, place)
    return path


def mcp(method: str, params: dict[str, Any]) -> dict[str, Any]:
    """A call of the protocol, as it is sent."""
    accepted = {"accept": "application/json, text/event-stream"}
    return {"json": {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, "headers": accepted}


@pytest.mark.parametrize("tool", TOOLS)
async def test_a_tool(house: House, tool: str) -> None:
    await assert_alike(house, "post", "/mcp", mcp("tools/call", {"name": tool, "arguments": TOOLS[tool]}))


READS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "request": ("post", "/chatkit", {"json": {"type": "items.list", "params": {"thread_id": "{thread}"}}}),
    "route": ("get", "/api/tasks/{task}", {}),
    "stop": ("post", "/api/threads/{thread}/stop", {}),
    "file": ("get", "/api/attachments/{file}", {}),
    "tool": ("post", "/mcp", mcp("tools/call", {"name": "get_task", "arguments": {"task": "{task}"}})),
}


@pytest.mark.parametrize("what", READS)
async def test_ann_herself_gets_what_is_hers(house: House, what: str) -> None:
    """Without this an answer that is the same for all would pass as well."""
    method, path, row = READS[what]
    answers = [
        comparable(await house.ann.http.request(method, filled(path, ids), **filled(row, ids)), ids)
        for ids in (NOBODYS, house.anns)
    ]
    assert answers[0] != answers[1]


async def told(lines: AsyncIterator[str], word: str) -> str:
    """The lines of an event stream up to the first with `word`."""
    seen: list[str] = []
    async for line in lines:
        seen.append(line)
        if word in line:
            return "\n".join(seen)
    raise AssertionError(f"the stream ended without {word}: {seen}")


async def test_a_change_is_published_to_its_user_alone(house: House) -> None:
    """Ann's page is notified of her task before Bob adds his; Bob's page is notified of his alone."""
    async with house.ann.http.stream(*EVENTS) as anns, house.bob.http.stream(*EVENTS) as bobs:
        at_anns, at_bobs = anns.aiter_lines(), bobs.aiter_lines()
        await told(at_anns, "changes")
        await told(at_bobs, "changes")
        hers = (await house.ann.http.post("/api/tasks", json={"title": CANARY})).json()["id"]
        await told(at_anns, hers)
        his = (await house.bob.http.post("/api/tasks", json={"title": "mine"})).json()["id"]
        heard = await told(at_bobs, his)
        assert hers not in heard
        assert CANARY not in heard


def kinds_in(union: Any) -> set[str]:
    """The `type` of every request in ChatKit's union."""
    found: set[str] = set()
    for part in get_args(union):
        fields = getattr(part, "model_fields", None)
        found |= set(get_args(fields["type"].annotation)) if fields else kinds_in(part)
    return found


async def test_no_request_route_or_tool_is_missing(house: House) -> None:
    assert kinds_in(ChatKitReq) == set(CHATKIT)
    document = (await house.bob.http.get("/docs/openapi.json")).json()
    assert {(method, path) for path, item in document["paths"].items() for method in item} == {*ROUTES, EVENTS}
    listed = await house.bob.http.post("/mcp", **mcp("tools/list", {}))
    assert {tool["name"] for tool in listed.json()["result"]["tools"]} == set(TOOLS)


def on_a_thread() -> list[tuple[str, str, dict[str, Any]]]:
    """The rows of both tables that name a thread."""
    requests = [("post", "/chatkit", {"json": {"type": kind, "params": row}}) for kind, row in CHATKIT.items()]
    routes = [(method, named(path), row) for (method, path), row in ROUTES.items()]
    return [row for row in (*requests, *routes) if "{thread}" in repr(row)]


async def running_thread(ann: ChatKitClient) -> tuple[AsyncGenerator[ThreadStreamEvent, None], dict[str, str]]:
    """The stream of a long answer of Ann's that has begun, and the ids of it."""
    stream = ann.stream("threads.create", input=user_input("Please count from 1 to 300"))
    ids = dict(NOBODYS)
    async for event in stream:
        if isinstance(event, ThreadCreatedEvent):
            ids["thread"] = event.thread.id
        if isinstance(event, ThreadItemDoneEvent):
            ids["message"] = event.item.id
        if isinstance(event, ThreadItemUpdatedEvent):
            break
    return stream, ids


async def runs(ann: ChatKitClient, thread_id: str) -> bool:
    """True while an answer runs in Ann's thread."""
    query = {"running": "true"}
    async with ann.http.stream("GET", f"/api/threads/{thread_id}/stream", params=query) as response:
        return response.status_code == httpx.codes.OK


@pytest.mark.parametrize("busy_thread", ["refuse", "queue"])
async def test_a_running_thread_of_another_user_is_as_unknown_as_none(tmp_path: Path, busy_thread: str) -> None:
    """Bob is refused at once, whether Ann follows her answer or has left it; the answer and its resumption stay."""
    unlimited = {"RATE_LIMIT_PER_MINUTE": "0", "RATE_LIMIT_PER_ADDRESS": "0"}
    environment = {"JWT_SECRET": SECRET, "DEMO_DELAY_MS": "25", "BUSY_THREAD": busy_thread, **unlimited}
    async with (
        running(tmp_path, environment) as server,
        client_of(server, "ann") as ann,
        client_of(server, "bob") as bob,
    ):
        stream, ids = await running_thread(ann)
        for is_followed in (True, False):
            for method, path, row in on_a_thread():
                answers = [
                    comparable(await bob.http.request(method, filled(path, known), **filled(row, known)), known)
                    for known in (NOBODYS, ids)
                ]
                assert answers[0] == answers[1], (path, row, is_followed)
            if is_followed:
                await stream.aclose()
        assert await runs(ann, ids["thread"])
        assert (await ann.http.post(f"/api/threads/{ids['thread']}/stop")).status_code == httpx.codes.NO_CONTENT
        await bob.refused("threads.add_user_message", thread_id=ids["thread"], input=TEXT)
        ended = await ann.http.get(f"/api/threads/{ids['thread']}/stream")
        assert "thread.created" in ended.text, "a stranger's message has cleared the journal of the ended turn"
