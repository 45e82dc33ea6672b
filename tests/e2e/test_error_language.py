"""What goes wrong is said in the caller's language, and without an id: on every route, for every kind of refusal."""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from babel.messages.pofile import read_po

from app.application.conversation.languages import CATALOGS
from tests.chatkit_client import ChatKitClient, user_input
from tests.e2e.test_bad_input import UNKNOWN
from tests.e2e.test_layers_fail import ROUTES
from tests.server import ServerProcess
from tests.uploads import png

LANGUAGES = ("de", "ar", "ja")
ID = re.compile(r"(thr|msg|tsk|task|atc|tc|wf)_\w+")
NONE = {"{thread_id}": "thr_none", "{task_id}": "task_none", "{attachment_id}": "atc_none"} | {
    "{file_path}": "nothing.js",
    "{path}": "nothing",
}
PARAMS = {"token": "none"}
BODIES = (b"", b"{", b"[]", b"null", b"[" * 500, b'{"type":"none"}', b"\xff", b" " * 3_000_000)

Speaker = tuple[str, httpx.AsyncClient]


def refusals() -> list[tuple[str, str, dict[str, Any]]]:
    """Requests that are all refused: unknown ids, other methods, other bodies, each kind that has a sentence."""
    requests: list[tuple[str, str, dict[str, Any]]] = [("GET", "/nowhere", {}), ("PUT", "/health", {})]
    for kind, params in UNKNOWN.items():
        requests.append(("POST", "/chatkit", {"json": {"type": kind, "params": params}}))
    for method, path in ROUTES:
        if method != "HEAD" and "{" in path:
            place = re.sub(r"\{\w+\}", lambda match: NONE[match[0]], path)
            requests.append((method, place, {"params": PARAMS, **({"json": {}} if method == "PATCH" else {})}))
        if method not in {"GET", "HEAD"} and path != "/api/chatkit/session":
            place = re.sub(r"\{\w+\}", lambda match: NONE[match[0]], path)
            requests.append((method, place, {"content": b"{", "headers": {"content-encoding": "gzip"}}))
    return [
        *requests,
        *(
            ("POST", path, {"content": body, "headers": {"content-type": "application/json"}})
            for path in ("/chatkit", "/api/tasks", "/chatkit/api")
            for body in BODIES
        ),
        ("GET", "/api/tasks", {"params": {"limit": 0}}),
        ("GET", "/api/tasks", {"params": {"after": "task_none"}}),
        ("GET", "/api/tasks", {"params": {"status": "lost"}}),
        ("POST", "/api/tasks", {"json": {"title": " "}}),
        ("POST", "/api/tasks", {"json": {"title": "x" * 300}}),
        ("POST", "/api/tasks", {"json": {"title": "x" * 3_000}}),
        ("POST", "/api/tasks", {"json": {"title": "x", "id": "task_none"}}),
        ("PATCH", "/api/tasks/task_none", {"json": {"title": "x"}, "headers": {"if-match": "nonsense"}}),
        ("POST", "/chatkit/api", {"json": {"message": {"content": "hi"}, "thread_id": "thr_none"}}),
        ("POST", "/chatkit", {"json": {"type": "threads.create", "params": {"input": user_input(" ")}}}),
        ("POST", "/chatkit", {"json": chat("threads.create", input=user_input("x" * 60_000))}),
        ("POST", "/chatkit", {"json": chat("input.transcribe", audio_base64="?", mime_type="audio/webm")}),
        ("POST", "/chatkit", {"json": chat("input.transcribe", audio_base64="AA==", mime_type="audio/webm")}),
        ("POST", "/chatkit", {"json": chat("attachments.create", name="a.png", size=10**12, mime_type="image/png")}),
        ("POST", "/api/attachments", {"content": b"", "headers": {"content-type": "text/plain"}}),
        ("POST", "/api/attachments", {"files": {"other": ("a.png", png())}}),
        ("POST", "/api/attachments", {"files": [("file", ("a.png", png())), ("file", ("b.png", png()))]}),
        ("POST", "/api/attachments", {"content": b"x", "headers": {"content-type": "multipart/form-data; boundary=x"}}),
        ("GET", "/health", {"headers": {"host": "evil.example"}}),
    ]


def chat(kind: str, **params: Any) -> dict[str, Any]:
    """A request of ChatKit's."""
    return {"type": kind, "params": params}


@pytest.fixture(params=LANGUAGES)
async def speaker(server: ServerProcess, request: pytest.FixtureRequest) -> AsyncIterator[Speaker]:
    """Client with one of the translated languages."""
    async with ChatKitClient(server.url, {"accept-language": request.param}) as client:
        yield request.param, client.http


def sentences(language: str) -> list[re.Pattern[str]]:
    """Every sentence of the catalogue, whatever stands in its places."""
    with (CATALOGS / language / "LC_MESSAGES" / "anyport.po").open("rb") as file:
        catalog = read_po(file, locale=language)
    texts = [text for message in catalog if message.id for text in forms(message.string)]
    return [re.compile(re.sub(r"\\\{\w+\\\}", ".+", re.escape(text)), re.DOTALL) for text in texts]


def forms(string: Any) -> list[str]:
    """One translation, or one for each plural."""
    return [string] if isinstance(string, str) else list(string)


async def test_every_refusal_is_a_sentence_of_the_catalogue(speaker: Speaker) -> None:
    language, http = speaker
    known = sentences(language)
    for method, path, asked in refusals():
        response = await http.request(method, path, **asked)
        at = (method, path, str(asked)[:300], response.text[:500])
        assert httpx.codes.is_client_error(response.status_code), at
        assert response.text, at
        if path == "/mcp" and "error" in response.json():
            continue  # JSON-RPC's own, for a program.
        message = response.json()["message"]
        assert any(sentence.fullmatch(message) for sentence in known), at
        assert not ID.search(message), at
