"""Tasks over plain HTTP."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from app.entrypoints.http.routes.tasks import CHUNK
from tests.chatkit_client import ChatKitClient

Json = dict[str, Any]


@pytest.fixture(autouse=True)
async def tidy(client: ChatKitClient) -> AsyncIterator[None]:
    """Delete the tasks of each test, because all tests share the server."""
    yield
    for task in (await client.http.get("/api/tasks")).json():
        await client.http.delete(f"/api/tasks/{task['id']}")


async def add(client: ChatKitClient, **fields: Any) -> Json:
    """A new task, as it is answered."""
    response = await client.http.post("/api/tasks", json={"title": "buy milk", **fields})
    assert response.status_code == httpx.codes.CREATED, response.text
    task: Json = response.json()
    return task


def refused(response: httpx.Response, status: int) -> Json:
    """The problem that a request was answered by."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: Json = response.json()
    assert problem["message"]
    return problem


async def test_a_task_lives_from_post_to_delete(client: ChatKitClient) -> None:
    given = {"title": "buy milk", "description": "2 l", "priority": "high", "due": "2026-12-01"}
    created = await client.http.post("/api/tasks", json=given)
    task = created.json()
    where = created.headers["location"]
    assert where == f"/api/tasks/{task['id']}"
    assert {name: task[name] for name in given} == given
    read = await client.http.get(where)
    assert (read.json(), read.headers["etag"]) == (task, '"1"')

    changed = await client.http.patch(where, json={"status": "completed", "due": None})
    assert (changed.json()["status"], changed.json()["due"], changed.headers["etag"]) == ("completed", None, '"2"')
    assert changed.json()["title"] == "buy milk"
    assert changed.json()["completed_at"]
    again = await client.http.patch(where, json={"status": "pending"})
    assert again.json()["completed_at"] is None

    assert (await client.http.delete(where)).status_code == httpx.codes.NO_CONTENT
    for response in (await client.http.get(where), await client.http.patch(where, json={})):
        refused(response, httpx.codes.NOT_FOUND)
    refused(await client.http.delete(where), httpx.codes.NOT_FOUND)


async def test_an_old_version_is_not_changed(client: ChatKitClient) -> None:
    where = f"/api/tasks/{(await add(client))['id']}"
    first = {"If-Match": '"1"'}
    assert (await client.http.patch(where, json={"title": "buy tea"}, headers=first)).is_success
    assert (await client.http.patch(where, json={"title": "buy tea"}, headers=first)).is_success, "it is so already"
    stale = refused(await client.http.patch(where, json={"title": "sell"}, headers=first), 412)
    assert stale["code"] == "stale_version"
    refused(await client.http.delete(where, headers=first), 412)
    assert (await client.http.get(where)).json()["title"] == "buy tea"
    assert (await client.http.patch(where, json={"title": "buy coffee"}, headers={"If-Match": "*"})).is_success
    assert (await client.http.delete(where, headers={"If-Match": '"3"'})).is_success


async def test_a_task_is_named_by_its_id_alone(client: ChatKitClient) -> None:
    await add(client, title="a title of its own")
    refused(await client.http.get("/api/tasks/a title of its own"), 404)
    refused(await client.http.patch("/api/tasks/a title of its own", json={}), 404)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"[]",
        b"{}",
        b'{"title": " "}',
        b'{"title": 1}',
        b'{"title": null}',
        b'{"title": "x", "priority": "urgent"}',
        b'{"title": "x", "due": "tomorrow"}',
        b'{"title": "x", "user_id": "bob"}',
        b'{"title": "' + b"x" * 201 + b'"}',
        b'{"title": "x", "description": "' + b"x" * 4001 + b'"}',
    ],
)
async def test_nonsense_is_refused_and_stores_nothing(client: ChatKitClient, body: bytes) -> None:
    before = (await client.http.get("/api/tasks")).json()
    refused(await client.http.post("/api/tasks", content=body), 400)
    assert (await client.http.get("/api/tasks")).json() == before


@pytest.mark.parametrize("change", [{"titel": "x"}, {"status": "done"}, {"due": 7}, {"title": ""}, {"version": 9}])
async def test_a_change_that_is_none_is_refused(client: ChatKitClient, change: Json) -> None:
    task = await add(client)
    refused(await client.http.patch(f"/api/tasks/{task['id']}", json=change), 400)
    assert (await client.http.get(f"/api/tasks/{task['id']}")).json() == task


@pytest.mark.parametrize("tag", ["3", 'W/"1"', '"x"', '"1", "2"', '"' + "9" * 40 + '"'])
async def test_a_precondition_that_is_none_is_refused(client: ChatKitClient, tag: str) -> None:
    task = await add(client)
    refused(await client.http.delete(f"/api/tasks/{task['id']}", headers={"If-Match": tag}), 400)


async def test_the_document_shows_how(client: ChatKitClient) -> None:
    paths = (await client.http.get("/docs/openapi.json")).json()["paths"]
    assert set(paths["/api/tasks"]) == {"get", "post"}
    one = paths["/api/tasks/{task_id}"]
    assert set(one) == {"get", "patch", "delete"}
    assert {"404", "412"} <= set(one["patch"]["responses"])
    body = one["patch"]["requestBody"]["content"]["application/json"]
    assert "completed" in str(body)


async def test_a_long_list_is_sent_in_pieces(client: ChatKitClient) -> None:
    await asyncio.gather(*(add(client, title=f"task {number}", description="é" * 2_000) for number in range(2 * CHUNK)))
    for limit in (CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK - 1, 2 * CHUNK, 500):
        page = (await client.http.get("/api/tasks", params={"limit": limit})).json()
        assert len(page) == min(limit, 2 * CHUNK)
        assert len({task["id"] for task in page}) == len(page)
        rest = await client.http.get("/api/tasks", params={"after": page[-1]["id"], "limit": 500})
        assert len(page) + len(rest.json()) == 2 * CHUNK
