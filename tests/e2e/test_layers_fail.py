"""Whatever layer fails, and however: the caller gets a message and a request id, the log the cause under the same id.

Every request of the table meets every layer; a route without a row fails the test.
"""

import json
import warnings
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import httpx
import msgspec
import pytest
from litestar.exceptions import LitestarDeprecationWarning

from app.bootstrap import make_app, make_container, read_settings
from app.domain.ids import new_id
from tests.chatkit_client import ChatKitClient, user_input
from tests.e2e.test_isolation import CHATKIT, filled, mcp
from tests.fakes.login_service import SECRET, secret_token
from tests.fakes.sabotage import KEY, LAYERS, PATH, SQL, WAYS
from tests.postgres import Databases
from tests.server import ROOT, ServerProcess
from tests.uploads import png, upload_in_two_phases

FRONT_END = {"chatkit-frame-instance-id": "instance-1"}
HELLO = user_input("Hello!")
FILES = "/api/attachments/{file}"

APPROVED = {"status": "answered", "answers": {"decision_0": {"values": ["Yes, this once"]}}}

# By method and path as the application has them: a request that is answered well as long as nothing fails.
ROUTES: dict[tuple[str, str], list[dict[str, Any]]] = {
    ("POST", "/chatkit"): [
        *({"json": {"type": kind, "params": params}} for kind, params in CHATKIT.items()),
        {
            "json": {
                "type": "threads.add_structured_input",
                "params": {"thread_id": "{waiting}", "item_id": "{approval}", "input": APPROVED},
            }
        },
        {"json": {"type": "threads.create", "params": {"input": HELLO}}, "headers": FRONT_END},
        {"json": {"type": "threads.create", "params": {"input": user_input("hi", attachments=["{file}"])}}},
    ],
    ("POST", "/api/chatkit"): [{"json": {"type": "threads.list", "params": {}}}],
    ("POST", "/chatkit/api"): [
        {"json": {"message": {"content": "Hello!"}}},
        {"json": {"message": {"content": "Hello!"}}, "headers": {"accept": "application/json"}},
    ],
    ("POST", "/api/chatkit/session"): [{}],
    ("GET", "/api/threads/{thread_id}/stream"): [{}],
    ("POST", "/api/threads/{thread_id}/stop"): [{}],
    ("GET", "/api/events"): [{}],
    ("GET", "/api/tasks"): [{}],
    ("POST", "/api/tasks"): [{"json": {"title": "Pay the rent"}}],
    ("GET", "/api/tasks/{task_id}"): [{}],
    ("PATCH", "/api/tasks/{task_id}"): [{"json": {"title": "Pay it"}}],
    ("DELETE", "/api/tasks/{task_id}"): [{}],
    ("GET", "/api/entities"): [{"params": {"query": "rent"}}],
    ("GET", "/api/models"): [{}],
    ("GET", "/api/assistant"): [{}],
    ("GET", "/api/usage"): [{}],
    ("GET", "/health"): [{}],
    ("POST", "/api/attachments"): [{"files": {"file": ("a.png", png())}}],
    ("GET", "/api/attachments/{attachment_id}"): [{}],
    ("PUT", "/api/attachments/{attachment_id}/content"): [{"params": {"token": "{upload}"}, "content": png()}],
    ("POST", "/api/attachments/{attachment_id}/content"): [
        {"params": {"token": "{upload}"}, "files": {"file": ("a.png", png())}}
    ],
    ("GET", "/api/attachments/{attachment_id}/content"): [{"params": {"token": "{download}"}}],
    ("GET", "/api/attachments/{attachment_id}/preview"): [{"params": {"token": "{preview}"}}],
    ("GET", "/config.json"): [{}],
    ("GET", "/anyport.js"): [{}],
    ("GET", "/"): [{}],
    ("GET", "/chatkit.js"): [{}],
    ("GET", "/hosted"): [{}],
    ("GET", "/static/{file_path}"): [{}],
    ("HEAD", "/static/{file_path}"): [{}],
    ("POST", "/mcp"): [mcp("tools/list", {}), mcp("tools/call", {"name": "list_tasks", "arguments": {}})],
    ("GET", "/docs"): [{}],
    ("GET", "/docs/api"): [{}],
    ("GET", "/docs/{path}"): [{}],
    ("GET", "/docs/openapi.json"): [{}],
}

IN_PATH = {
    "{thread_id}": "{thread}",
    "{task_id}": "{task}",
    "{attachment_id}": "{file}",
    "{file_path}": "style.css",
    "{path}": "nothing",
}
SOME_LAYERS = ("route", "login", "attachments", "run", "threads")
"""Failures of layers are handled by the entrypoints, not by each layer."""
SECRETS = (SQL, PATH, KEY)
CUT = "(and there the connection ended)"
INSIDES = ("Traceback", "site-packages", str(ROOT), 'File "', "RuntimeError", "SQL")


class Seen(msgspec.Struct, frozen=True):
    """One request, and all that came back."""

    request: str
    layer: str
    way: str
    id: str
    status: int
    headers: httpx.Headers
    text: str

    def __str__(self) -> str:
        return f"{self.request} while {self.layer} failed by {self.way}: {self.status} {self.text[:500]}"

    @property
    def failed(self) -> bool:
        """True when the failure of the layer changed the response."""
        return self.status >= httpx.codes.INTERNAL_SERVER_ERROR or self.error is not None or self.text.endswith(CUT)

    @property
    def error(self) -> dict[str, Any] | None:
        """The event that ends a ChatKit stream, or a plain one."""
        for line in self.text.splitlines():
            if line.startswith("data: "):
                event: dict[str, Any] = json.loads(line.removeprefix("data: "))
                if event.get("type") == "error" or "error" in event:
                    return event
        return None


class House(msgspec.Struct):
    """Server whose layers can be made to fail, and its only user."""

    client: ChatKitClient
    server: ServerProcess
    ids: dict[str, str]

    async def furnish(self) -> None:
        """Something of everything, and a permission for every use of a file."""
        exchange = await self.client.say("Add a task: pay the rent")
        exchange = await self.client.say("Show me my tasks", exchange.thread_id)
        by_type = {item.type: item.id for item in exchange.items}
        tasks = (await self.client.http.get("/api/tasks")).json()
        waiting = await self.client.say("Complete all my tasks")
        file = await upload_in_two_phases(self.client, "a.png", png(), "image/png")
        card = (await self.client.http.get(f"/api/attachments/{file['id']}")).json()
        tokens = {
            "upload": file["upload_descriptor"]["url"],
            "download": card["download_url"],
            "preview": card["preview_url"],
        }
        self.ids |= {name: httpx.URL(url).params["token"] for name, url in tokens.items()}
        self.ids |= {"thread": exchange.thread_id, "task": tasks[0]["id"], "file": file["id"]}
        self.ids |= {"waiting": waiting.thread_id, "approval": waiting.items[-1].id}
        self.ids |= {"message": by_type["user_message"], "widget": by_type["widget"]}

    async def send(self, route: tuple[str, str], row: Mapping[str, Any], layer: str, way: str) -> Seen:
        """Send a request that meets the layer; of a stream without an end, the beginning."""
        method, path = route
        for name, place in IN_PATH.items():
            path = path.replace(name, place)
        sent = filled(dict(row), self.ids)
        # Tokens are counted once for each user and day, so a new user reads the counters.
        newcomer = {"authorization": bearer(f"somebody-{layer}-{way}")} if path == "/api/usage" else {}
        name = new_id("req")
        breaking = {"x-break": layer, "x-break-how": way, "x-request-id": name}
        sent["headers"] = {**sent.get("headers", {}), **newcomer, **breaking}
        response = httpx.Response(httpx.codes.OK)
        text = ""
        try:
            async with self.client.http.stream(method, filled(path, self.ids), **sent) as response:
                async for piece in response.aiter_text():
                    text += piece
                    if path == "/api/events" and layer != "event stream":
                        break
        except (httpx.RemoteProtocolError, httpx.ReadError):
            text += CUT
        kind = row.get("json", {}).get("type", "")
        return Seen(f"{method} {path} {kind}", layer, way, name, response.status_code, response.headers, text)


def bearer(user: str) -> str:
    """Return the authorization header of a user."""
    return f"Bearer {secret_token(sub=user, aud=None, iss=None)}"


@pytest.fixture(scope="module")
async def house(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """On PostgreSQL, where every layer has work to do."""
    async with databases.fresh() as url:
        environment = {
            "DATABASE_URL": url,
            "JWT_SECRET": SECRET,
            "LOG_FORMAT": "json",
            "DEMO_DELAY_MS": "0",
            "SAVE_RETRY_SECONDS": "0",
            "MAX_CONCURRENT_TURNS": "0",
            "RATE_LIMIT_PER_MINUTE": "0",
            "RATE_LIMIT_PER_ADDRESS": "0",
        }
        server = ServerProcess(tmp_path_factory.mktemp("sabotage"), environment, command=("tests.fakes.sabotage",))
        try:
            await server.start()
            async with ChatKitClient(server.url, {"authorization": bearer("ann")}) as client:
                yield House(client, server, {})
        finally:
            await server.stop()


def cases() -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    """Every row with its route."""
    return ((route, row) for route, rows in ROUTES.items() for row in rows)


@pytest.mark.parametrize("way", WAYS)
async def test_a_failure_of_any_layer_leaves_as_a_message_and_stays_in_the_log(house: House, way: str) -> None:
    seen: list[Seen] = []
    layers = LAYERS if way == "crash" else SOME_LAYERS
    for layer in layers:
        await house.furnish()
        seen += [await house.send(route, row, layer, way) for route, row in cases()]
    for answer in seen:
        assert_tells_nothing(answer)
    logged = by_request(house.server.log)
    failed = [answer for answer in seen if answer.failed]
    for answer in failed:
        assert KEY in logged[answer.id], f"the log does not say why: {answer}"
    assert {answer.layer for answer in failed} == set(layers), "a layer that nothing uses is not tested"
    unbroken = {answer.request for answer in seen} - {answer.request for answer in failed if answer.layer == "route"}
    assert unbroken == {"GET /docs/nothing "}, "it is refused before its route is reached"


def assert_tells_nothing(answer: Seen) -> None:
    """No canary and nothing of the inside; a problem is one, with the request's id."""
    assert not any(secret in answer.text or secret in str(answer.headers) for secret in SECRETS), answer
    if answer.status < httpx.codes.BAD_REQUEST:
        if answer.error is not None:
            assert answer.error.get("message") or answer.error.get("error"), answer
            assert not any(inside in answer.text for inside in INSIDES), answer
        return
    assert not any(inside in answer.text for inside in INSIDES), answer
    if answer.request.startswith("HEAD"):
        return
    problem = json.loads(answer.text)
    assert answer.headers["content-type"].startswith("application/problem+json"), answer
    assert problem["message"], answer
    assert problem["request_id"] == answer.headers["x-request-id"] == answer.id, answer


def by_request(log: str) -> Mapping[str, str]:
    """All lines of each request."""
    lines: defaultdict[str, str] = defaultdict(str)
    for line in log.splitlines():
        lines[json.loads(line).get("request_id", "")] += line
    return lines


async def test_no_route_is_missing() -> None:
    settings = read_settings({"DATABASE_URL": "memory://"})
    container = make_container(settings)
    with warnings.catch_warnings():
        # Litestar would have each parameter of a path declared at length.
        warnings.simplefilter("ignore", LitestarDeprecationWarning)
        routes = make_app(container, settings).routes
    await container.close()
    served = {
        (method, route.path_format)
        for route in routes
        for method in getattr(route, "methods", ()) or {"POST"}
        if method != "OPTIONS"
    }
    assert served == set(ROUTES)
