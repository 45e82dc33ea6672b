"""Nonsense gets a 4xx with a message, and nothing is stored."""

import gzip
import json
from typing import Any

import httpx
import pytest

from tests.chatkit_client import ChatKitClient, user_input

TEXT = user_input("hi")
BODIES: dict[str, bytes] = {
    "empty": b"",
    "not JSON": b"hello",
    "cut JSON": b'{"type":"threads.create","params":{"input":',
    "not UTF-8": b'{"type":"threads.list","params":{"after":"\xff\xfe"}}',
    "a list": b"[]",
    "a number": b"7",
    "null": b"null",
    "no type": b'{"params":{}}',
    "unknown type": b'{"type":"threads.fly","params":{}}',
    "type of a wrong type": b'{"type":7,"params":{}}',
    "no params": b'{"type":"threads.create"}',
    "no input": b'{"type":"threads.create","params":{}}',
    "wrong content": b'{"type":"threads.create","params":{"input":{"content":"hi"}}}',
    "deep": b"[" * 100_000,
    "wide number": b'{"type":"threads.list","params":{"limit":' + b"9" * 5_000 + b"}}",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
async def test_a_bad_body_is_refused(client: ChatKitClient, body: bytes) -> None:
    before = await client.call("threads.list", limit=100)
    response = await client.http.post("/chatkit", content=body)
    assert httpx.codes.is_client_error(response.status_code), response.text
    problem = response.json()
    assert problem["message"]
    assert problem["request_id"] == response.headers["x-request-id"]
    assert await client.call("threads.list", limit=100) == before


UNKNOWN: dict[str, dict[str, Any]] = {
    "threads.get_by_id": {"thread_id": "thr_no"},
    "threads.add_user_message": {"thread_id": "thr_no", "input": TEXT},
    "threads.add_client_tool_output": {"thread_id": "thr_no", "result": 1},
    "threads.add_structured_input": {"thread_id": "thr_no", "item_id": "msg_no", "input": {}},
    "threads.retry_after_item": {"thread_id": "thr_no", "item_id": "msg_no"},
    "threads.custom_action": {"thread_id": "thr_no", "action": {"type": "x"}},
    "threads.sync_custom_action": {"thread_id": "thr_no", "action": {"type": "x"}},
    "threads.update": {"thread_id": "thr_no", "title": "x"},
    "threads.delete": {"thread_id": "thr_no"},
    "items.list": {"thread_id": "thr_no"},
    "items.feedback": {"thread_id": "thr_no", "item_ids": ["msg_no"], "kind": "positive"},
    "threads.create": {"input": user_input("hi", attachments=["atc_no"])},
    "attachments.delete": {"attachment_id": "atc_no"},
}


@pytest.mark.parametrize("kind", UNKNOWN)
async def test_an_unknown_id_is_a_404_and_stores_nothing(client: ChatKitClient, kind: str) -> None:
    before = await client.call("threads.list", limit=100)
    response = await client.http.post("/chatkit", json={"type": kind, "params": UNKNOWN[kind]})
    assert response.status_code == httpx.codes.NOT_FOUND, response.text
    assert response.json()["message"]
    assert await client.call("threads.list", limit=100) == before


async def test_what_is_not_enabled_says_so(client: ChatKitClient) -> None:
    await client.refused("input.transcribe", audio_base64="AA==", mime_type="audio/webm")


async def test_requests_that_do_not_fit_their_thread_are_refused(client: ChatKitClient) -> None:
    exchange = await client.say("Hello!")
    thread, answer = exchange.thread_id, exchange.items[-1].id
    await client.refused("threads.add_client_tool_output", thread_id=thread, result="late")
    await client.refused("threads.add_structured_input", thread_id=thread, item_id=answer, input={})
    await client.refused("threads.sync_custom_action", thread_id=thread, item_id=answer, action={"type": "x"})
    await client.refused("items.list", thread_id=thread, after="msg_no")


@pytest.mark.parametrize("content", [[], [{"type": "input_text", "text": " \n"}]])
async def test_an_empty_message_is_refused(client: ChatKitClient, content: list[Any]) -> None:
    before = await client.call("threads.list", limit=100)
    await client.refused("threads.create", input=user_input("", content=content))
    assert await client.call("threads.list", limit=100) == before


async def test_a_body_over_the_limit_is_refused(client: ChatKitClient) -> None:
    body = json.dumps({"type": "threads.create", "params": {"input": user_input("x" * 3_000_000)}})
    response = await client.http.post("/chatkit", content=body)
    assert response.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE
    assert "MAX_BODY_BYTES" in response.json()["message"]


async def test_a_compressed_body_is_refused_unread(client: ChatKitClient) -> None:
    body = gzip.compress(json.dumps({"type": "threads.list", "params": {}}).encode())
    for path in ("/chatkit", "/api/tasks", "/api/attachments"):
        response = await client.http.post(path, content=body, headers={"content-encoding": "gzip"})
        assert response.status_code == httpx.codes.UNSUPPORTED_MEDIA_TYPE
        assert "Content-Encoding" in response.json()["message"]


async def test_a_problem_never_repeats_what_was_sent(client: ChatKitClient) -> None:
    body = {"type": "threads.create", "params": {"input": {"content": [{"type": "canary-1", "text": "canary-2"}]}}}
    response = await client.http.post("/chatkit", json=body)
    assert "canary" not in response.text


async def test_other_routes_answer_with_problems_too(client: ChatKitClient) -> None:
    for response in (
        await client.http.get("/nowhere"),
        await client.http.get("/chatkit"),
        await client.http.get("/api/tasks", params={"limit": 0}),
        await client.http.get("/api/tasks", params={"status": "lost"}),
        await client.http.post("/chatkit/api", json={"message": {}}),
        await client.http.post("/chatkit/api", content=b"nonsense"),
        await client.http.post("/chatkit/api", json={"message": {"content": "hi"}, "thread_id": "thr_no"}),
    ):
        assert httpx.codes.is_client_error(response.status_code), response.text
        assert response.json()["message"]
