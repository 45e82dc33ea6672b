"""Access over the network: origins, hosts, logins, and the headers of responses."""

import base64
import warnings
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar.exceptions import LitestarDeprecationWarning

from app.bootstrap import make_app, make_container, read_settings
from tests.chatkit_client import ChatKitClient, user_input
from tests.fakes.login_service import SECRET, secret_token
from tests.server import ServerProcess, running

APP = "https://app.example.com"
EVIL = "https://evil.example"
LIST = {"type": "threads.list", "params": {}}
OPEN = {
    "/health",
    # Links that are the login themselves: without their token there is nothing to see.
    "/api/attachments/{attachment_id}/content",
    "/api/attachments/{attachment_id}/preview",
}


@pytest.fixture(scope="module")
async def guarded(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ServerProcess]:
    """A server with a login, for a page elsewhere."""
    environment = {
        "DATABASE_URL": "memory://",
        "JWT_SECRET": SECRET,
        "CORS_ORIGINS": APP,
        "ALLOWED_HOSTS": "chat.example.com,*.example.org",
        "FRAME_ANCESTORS": APP,
        "CHATKIT_DOMAIN_KEY": "dk_test",
    }
    async with running(tmp_path_factory.mktemp("guarded"), environment) as server:
        yield server


@pytest.fixture
async def http(guarded: ServerProcess) -> AsyncIterator[httpx.AsyncClient]:
    """Client without a login."""
    async with httpx.AsyncClient(base_url=guarded.url, trust_env=False) as client:
        yield client


def bearer(token: str) -> dict[str, str]:
    """A token in its header."""
    return {"authorization": f"Bearer {token}"}


def cookie(token: str) -> dict[str, str]:
    """A token in its cookie."""
    return {"cookie": f"auth_token={token}"}


ANN = secret_token(sub="ann", aud=None, iss=None)
BOB = secret_token(sub="bob", aud=None, iss=None)


def assert_refused(response: httpx.Response, status: int) -> dict[str, Any]:
    """A problem document with a word for people and the request's id."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"].startswith("application/problem+json")
    problem: dict[str, Any] = response.json()
    assert problem["message"]
    assert problem["request_id"] == response.headers["x-request-id"]
    return problem


async def test_every_route_but_the_open_ones_wants_a_login(http: httpx.AsyncClient) -> None:
    document = (await http.get("/docs/openapi.json")).json()
    closed = [(method, path) for path, item in document["paths"].items() if path not in OPEN for method in item]
    assert len(closed) > 5
    for method, path in [*closed, ("post", "/mcp")]:
        for headers in ({}, bearer("nonsense"), cookie(secret_token(key="x" * 40))):
            response = await http.request(method, path.replace("{", "").replace("}", ""), headers=headers)
            assert_refused(response, 401)
            assert response.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", ["/", "/hosted", "/static/page.js", "/config.json", "/health", "/docs"])
async def test_pages_health_and_documentation_are_open(http: httpx.AsyncClient, path: str) -> None:
    assert (await http.get(path)).status_code == httpx.codes.OK


@pytest.mark.parametrize("proof", [bearer(ANN), cookie(ANN)], ids=["bearer", "cookie"])
async def test_a_login_opens(http: httpx.AsyncClient, proof: dict[str, str]) -> None:
    assert (await http.post("/chatkit", json=LIST, headers=proof)).status_code == httpx.codes.OK
    assert (await http.get("/api/tasks", headers=proof)).status_code == httpx.codes.OK


async def test_users_have_their_own(guarded: ServerProcess) -> None:
    async with ChatKitClient(guarded.url, bearer(ANN)) as ann, ChatKitClient(guarded.url, bearer(BOB)) as bob:
        exchange = await ann.say("Add a task: feed the cat")
        assert (await bob.refused("threads.get_by_id", thread_id=exchange.thread_id))["code"] == "not_found"
        assert (await bob.http.get("/api/tasks")).json() == []
        assert [task["title"] for task in (await ann.http.get("/api/tasks")).json()] == ["feed the cat"]


async def test_a_session_stands_in_for_its_user_and_is_renewed(http: httpx.AsyncClient) -> None:
    response = await http.post("/api/chatkit/session", headers=bearer(ANN))
    session = response.json()
    assert {name: session[name] for name in ("domain_key", "expires_in", "user_id")} == {
        "domain_key": "dk_test",
        "expires_in": 600,
        "user_id": "ann",
    }
    assert response.headers["cache-control"] == "no-store"
    opened = await http.post("/chatkit", json=LIST, headers=bearer(session["client_secret"]))
    assert opened.status_code == httpx.codes.OK
    renewed = await http.post("/api/chatkit/session", headers=bearer(session["client_secret"]))
    assert renewed.json()["user_id"] == "ann"
    assert_refused(await http.post("/chatkit", json=LIST, headers=cookie(session["client_secret"])), 401)


FROM: dict[str, tuple[dict[str, str], bool]] = {
    "no browser": ({}, True),
    "its own page": ({"origin": "{own}"}, True),
    "its own page, says the browser": ({"origin": "https://outside.example", "sec-fetch-site": "same-origin"}, True),
    "an allowed page": ({"origin": APP, "sec-fetch-site": "cross-site"}, True),
    "another page": ({"origin": EVIL}, False),
    "another page, says the browser": ({"origin": EVIL, "sec-fetch-site": "cross-site"}, False),
    "a page of the same site": ({"origin": "https://x.example.com", "sec-fetch-site": "same-site"}, False),
    "another page without its origin": ({"sec-fetch-site": "cross-site"}, False),
    "a file or a sandbox": ({"origin": "null"}, False),
    "another port": ({"origin": "http://127.0.0.1:1"}, False),
    "a name that begins like the allowed one": ({"origin": f"{APP}.evil.example"}, False),
}


@pytest.mark.parametrize(("headers", "is_let_in"), FROM.values(), ids=FROM.keys())
@pytest.mark.parametrize("login", ["cookie", "single user"])
async def test_pages_of_others_cannot_use_what_the_browser_sends_by_itself(
    guarded: ServerProcess, server: ServerProcess, headers: dict[str, str], is_let_in: bool, login: str
) -> None:
    place = guarded if login == "cookie" else server
    if place is server and headers.get("origin") == APP:
        is_let_in = False  # That one knows no page but its own.
    sent = {name: value.format(own=place.url) for name, value in headers.items()}
    proof = cookie(ANN) if place is guarded else {}
    async with httpx.AsyncClient(base_url=place.url, trust_env=False, headers={**proof, **sent}) as http:
        for path, body in (("/chatkit", LIST), ("/api/chatkit/session", {})):
            response = await http.post(path, json=body)
            if is_let_in:
                assert response.status_code == httpx.codes.OK, response.text
            else:
                assert assert_refused(response, 403)["code"] == "forbidden_origin"


@pytest.mark.parametrize("headers", [headers for headers, _ in FROM.values()], ids=FROM.keys())
async def test_a_bearer_token_may_come_from_anywhere(http: httpx.AsyncClient, headers: dict[str, str]) -> None:
    sent = {name: value.format(own=EVIL) for name, value in headers.items()}
    assert (await http.post("/chatkit", json=LIST, headers={**bearer(ANN), **sent})).status_code == httpx.codes.OK


async def test_allowed_pages_may_read_the_answers_and_others_may_not(http: httpx.AsyncClient) -> None:
    wanted = "content-type, accept-language, chatkit-frame-instance-id, authorization, last-event-id"
    asked = {"access-control-request-method": "POST", "access-control-request-headers": wanted}
    allowed = await http.options("/chatkit", headers={"origin": APP, **asked})
    assert allowed.status_code == httpx.codes.NO_CONTENT
    assert allowed.headers["access-control-allow-origin"] == APP
    assert allowed.headers["access-control-allow-credentials"] == "true"
    for header in wanted.split(", "):
        assert header in allowed.headers["access-control-allow-headers"].lower()
    answer = await http.post("/chatkit", json=LIST, headers={"origin": APP, **cookie(ANN)})
    assert answer.headers["access-control-allow-origin"] == APP
    assert "x-request-id" in answer.headers["access-control-expose-headers"]
    refusal = await http.post("/chatkit", json=LIST, headers={"origin": APP})
    assert_refused(refusal, 401)
    assert refusal.headers["access-control-allow-origin"] == APP
    for origin in (EVIL, f"{APP}.evil.example", "null", "https://appxexample.com"):
        assert (await http.options("/chatkit", headers={"origin": origin, **asked})).is_client_error
        answer = await http.post("/chatkit", json=LIST, headers={"origin": origin, **bearer(ANN)})
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    ("host", "is_known"),
    [
        ("localhost:8000", True),
        ("anyport.localhost", True),
        ("127.0.0.1", True),
        ("[::1]:8000", True),
        ("192.168.1.7:8000", True),
        ("chat.example.com", True),
        ("CHAT.example.com:443", True),
        ("a.b.example.org", True),
        ("example.org", False),
        ("evil.example", False),
        ("chat.example.com.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("localhost.evil.example", False),
        ("[::1", False),
        ("", False),
    ],
)
async def test_it_answers_to_its_own_names_alone(http: httpx.AsyncClient, host: str, is_known: bool) -> None:
    for path in ("/health", "/nowhere"):
        response = await http.get(path, headers={"host": host})
        if is_known:
            assert response.status_code in (httpx.codes.OK, httpx.codes.NOT_FOUND, httpx.codes.UNAUTHORIZED)
        else:
            assert "ALLOWED_HOSTS" in assert_refused(response, 421)["message"]


@pytest.mark.parametrize("path", ["/", "/hosted", "/docs", "/health", "/static/page.js", "/api/tasks", "/nowhere"])
async def test_responses_carry_security_headers(http: httpx.AsyncClient, path: str) -> None:
    headers = (await http.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    [policy] = headers.get_list("content-security-policy")
    assert policy.startswith("default-src ")
    assert policy.endswith(f"frame-ancestors 'self' {APP}")
    assert policy.count("frame-ancestors") == 1


SHARED = {"/", "/hosted", "/chatkit.js", "/anyport.js", "/docs", "/docs/api", "/docs/openapi.json", "/static/page.js"}
"""Pages and scripts, which are the same for all users."""


def routes() -> set[tuple[str, str]]:
    """Every method and path that the application knows, in its API document or not."""
    settings = read_settings({"DATABASE_URL": "memory://", "JWT_SECRET": SECRET})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LitestarDeprecationWarning)
        app = make_app(make_container(settings), settings)
    static = {"/static/{file_path:path}": "/static/page.js"}
    found = {
        (method, static.get(route.path_format, route.path_format))
        for route in app.routes
        for method in (getattr(route, "methods", ()) or {"GET", "POST"})
    }
    return {(method, path) for method, path in found if not path.startswith("/docs/{")}


async def test_no_cache_keeps_an_answer_that_may_be_personal(http: httpx.AsyncClient) -> None:
    every = routes()
    assert {("POST", "/chatkit"), ("GET", "/api/events"), ("GET", "/chatkit.js"), ("POST", "/mcp")} <= every
    for method, path in sorted(entry for entry in every if entry[0] != "OPTIONS"):
        for proof in (bearer(ANN), {}):
            target = path.replace("{", "").replace("}", "")
            async with http.stream(method, target, headers=proof) as response:
                wanted = "no-cache" if target in SHARED and response.is_success else "no-store"
                assert response.headers.get_list("cache-control")[0].startswith(wanted), (method, path, response)
    for path, status in (("/nowhere", 404), ("/static/nowhere.js", 404)):
        response = await http.get(path)
        assert (response.status_code, response.headers["cache-control"]) == (status, "no-store")


async def test_nor_one_that_is(guarded: ServerProcess) -> None:
    png = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="
    )
    async with ChatKitClient(guarded.url, bearer(ANN)) as ann:
        http = ann.http
        thread = (await ann.say("Add a task: water the plants")).thread_id
        task = (await http.get("/api/tasks")).json()[0]["id"]
        card = (await http.post("/api/attachments", files={"file": ("a.png", png, "image/png")})).json()
        links = (await http.get(f"/api/attachments/{card['id']}")).json()
        stored = {
            "/api/tasks": "no-store",
            f"/api/tasks/{task}": "no-store",
            f"/api/threads/{thread}/stream": "no-store, no-transform",
            "/api/events": "no-store, no-transform",
            "/api/usage": "no-store",
            f"/api/attachments/{card['id']}": "no-store",
            links["download_url"]: "no-store",
            links["preview_url"]: "private, max-age=3600, immutable",
        }
        for path, caching in stored.items():
            async with http.stream("GET", path) as response:
                assert response.status_code == httpx.codes.OK, path
                assert response.headers["cache-control"] == caching, path
        create = {"type": "threads.create", "params": {"input": user_input("Hello!")}}
        for body, caching in ((LIST, "no-store"), (create, "no-store, no-transform"), ({}, "no-store")):
            response = await http.post("/chatkit", json=body)
            assert response.headers["cache-control"] == caching


async def test_health_shows_strangers_the_status_alone(http: httpx.AsyncClient, client: ChatKitClient) -> None:
    open_to_all = {"status": "healthy", "provider": "demo"}
    assert (await http.get("/health", headers=bearer(ANN))).json() == {
        **open_to_all,
        "model": "demo",
        "store": "memory",
    }
    for proof in ({}, bearer("nonsense"), cookie(secret_token(key="x" * 40)), bearer(secret_token(exp=1))):
        response = await http.get("/health", headers=proof)
        assert (response.status_code, response.json()) == (httpx.codes.OK, open_to_all)
    alone = (await client.http.get("/health")).json()
    assert alone == {**open_to_all, "model": "demo", "store": "sqlite"}, "without a login there are no strangers"


async def refused(folder: Path, environment: dict[str, str]) -> str:
    """Return the log of a server that does not start."""
    server = ServerProcess(folder, environment)
    await server.spawn()
    assert await server.wait() == 2, server.log
    return server.log


async def test_it_lets_others_in_only_with_a_login(tmp_path: Path) -> None:
    log = await refused(tmp_path, {"HOST": "0.0.0.0"})  # noqa: S104
    assert "HOST" in log
    assert "JWT_SECRET" in log
    assert "AUTH_MODE=none" in log


async def test_an_open_address_without_a_login_starts_with_auth_mode_none_and_a_warning(tmp_path: Path) -> None:
    environment = {"HOST": "0.0.0.0", "AUTH_MODE": "none", "DATABASE_URL": "memory://"}  # noqa: S104
    async with running(tmp_path, environment) as server, ChatKitClient(server.url) as client:
        await client.call("threads.list")
    [line] = [line for line in server.log.splitlines() if "AUTH_MODE=none" in line]
    assert "warning" in line


@pytest.mark.parametrize("name", ["JWT_SECRET", "BETTER_AUTH_SECRET", "SESSION_SECRET"])
@pytest.mark.parametrize("secret", ["canary-short", "aaaaaaaabbbbbbbbaaaaaaaabbbbbbbbcanary"[:32] * 2])
async def test_a_secret_that_can_be_guessed_is_refused_with_how_to_make_one(
    tmp_path: Path, name: str, secret: str
) -> None:
    log = await refused(tmp_path, {name: secret})
    assert name in log
    assert "openssl rand -base64 32" in log
    assert secret not in log


async def test_a_login_and_none_are_not_both(tmp_path: Path) -> None:
    assert "AUTH_MODE" in await refused(tmp_path, {"AUTH_MODE": "none", "JWT_SECRET": SECRET})


async def test_an_allowed_page_uploads_in_two_phases(http: httpx.AsyncClient) -> None:
    page = {"origin": APP, "sec-fetch-site": "cross-site"}
    wanted = {"name": "a.txt", "size": 5, "mime_type": "text/plain"}
    body = {"type": "attachments.create", "params": wanted}
    created = await http.post("/chatkit", json=body, headers={**page, **bearer(ANN)})
    url = created.json()["upload_descriptor"]["url"]
    asked = {"access-control-request-method": "PUT", "access-control-request-headers": "content-type"}
    preflight = await http.options(url, headers={"origin": APP, **asked})
    assert preflight.is_success
    assert preflight.headers["access-control-allow-origin"] == APP
    assert "PUT" in preflight.headers["access-control-allow-methods"]
    assert (await http.options(url, headers={"origin": EVIL, **asked})).is_client_error
    uploaded = await http.put(url, content=b"hello", headers={**page, "content-type": "text/plain"})
    assert uploaded.status_code == httpx.codes.OK, uploaded.text
    assert uploaded.headers["access-control-allow-origin"] == APP
    stranger = await http.put(url, content=b"hello", headers={"origin": EVIL})
    assert "access-control-allow-origin" not in stranger.headers, "its browser shows it nothing"


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PATCH"])
async def test_an_allowed_page_adds_any_header(http: httpx.AsyncClient, method: str) -> None:
    names = ["baggage", "content-type", "sentry-trace", "traceparent", "x-csrf-token", "x-tenant", "x-anything-else"]
    asked = {"access-control-request-method": method, "access-control-request-headers": ",".join(names)}
    preflight = await http.options("/api/tasks", headers={"origin": APP, **asked})
    assert preflight.is_success, preflight.text
    assert preflight.headers["access-control-allow-credentials"] == "true"
    allowed = preflight.headers["access-control-allow-headers"].lower()
    assert set(names) <= set(map(str.strip, allowed.split(",")))
    assert "*" not in allowed
    assert (await http.options("/api/tasks", headers={"origin": EVIL, **asked})).is_client_error


async def test_a_preflight_repeats_names_of_headers_alone(http: httpx.AsyncClient) -> None:
    names = ["x tra", "", "<script>", "x" * 200, *(f"x-{number}" for number in range(1_000))]
    asked = {"access-control-request-method": "GET", "access-control-request-headers": ", ".join(names)}
    preflight = await http.options("/api/tasks", headers={"origin": APP, **asked})
    assert preflight.is_success
    allowed = preflight.headers["access-control-allow-headers"].split(", ")
    assert "x-0" in allowed
    assert len(allowed) < 150
    assert not {"x tra", "<script>", "x" * 200} & set(allowed)
