"""The task tools over MCP, used by the official client over real HTTP."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import TextContent

from tests.chatkit_client import ChatKitClient
from tests.server import ServerProcess, running

SEVEN = ["create_task", "list_tasks", "get_task", "update_task", "complete_task", "reopen_task", "delete_task"]


async def call(client: Client, tool: str, **arguments: Any) -> tuple[bool, str]:
    """Return whether the call failed, and its text."""
    result = await client.call_tool(tool, arguments)
    [part] = result.content
    assert isinstance(part, TextContent)
    return bool(result.is_error), part.text


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_the_seven_tools_are_listed_with_their_schemas(server: ServerProcess, mode: Any) -> None:
    async with Client(f"{server.url}/mcp", mode=mode) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert list(tools) == SEVEN
    create = tools["create_task"]
    assert create.input_schema["required"] == ["title"]
    assert set(create.input_schema["properties"]) == {"title", "description", "priority", "due"}
    assert create.description == "Add a task to the user's list."


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_task_lives_from_creation_to_deletion(server: ServerProcess, mode: Any) -> None:
    async with Client(f"{server.url}/mcp", mode=mode) as client:
        failed, text = await call(client, "create_task", title=f"call by {mode}", priority="high")
        assert not failed
        task = json.loads(text)["created"]
        assert (task["title"], task["priority"]) == (f"call by {mode}", "high")
        assert not (await call(client, "complete_task", task=task["id"]))[0]
        listed = json.loads((await call(client, "list_tasks", status="completed"))[1])
        assert task["id"] in [row["id"] for row in listed["tasks"]]
        assert "The user sees" not in listed["note"]
        assert not (await call(client, "delete_task", task=task["id"]))[0]
        failed, text = await call(client, "get_task", task=task["id"])
        assert failed
        assert "There is no task" in text


async def test_the_chat_sees_what_a_program_did(server: ServerProcess, client: ChatKitClient) -> None:
    async with Client(f"{server.url}/mcp") as program:
        await call(program, "create_task", title="left by a program")
    assert "left by a program" in [task["title"] for task in (await client.http.get("/api/tasks")).json()]


async def test_without_a_user_to_ask_the_failure_names_the_ids(server: ServerProcess) -> None:
    async with Client(f"{server.url}/mcp") as client:
        ids = [json.loads((await call(client, "create_task", title=f"twin {n}"))[1])["created"]["id"] for n in "ab"]
        failed, text = await call(client, "delete_task", task="twin")
        assert failed
        assert all(task_id in text for task_id in ids)


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"title": 7},
        {"title": ""},
        {"title": "x" * 300},
        {"title": "a", "priority": "huge"},
        {"title": "a", "due": "soon"},
    ],
    ids=str,
)
async def test_wrong_arguments_are_reported_and_change_nothing(
    server: ServerProcess, arguments: dict[str, Any]
) -> None:
    async with Client(f"{server.url}/mcp") as client:
        failed, text = await call(client, "create_task", **arguments)
    assert failed
    assert text.startswith("This was not done")


async def test_an_unknown_tool_is_a_failure(server: ServerProcess) -> None:
    async with Client(f"{server.url}/mcp") as client:
        failed, text = await call(client, "drop_everything")
    assert failed
    assert "There is no tool" in text


async def test_failures_speak_the_caller_s_language(server: ServerProcess) -> None:
    async with (
        httpx2.AsyncClient(headers={"accept-language": "de"}) as http,
        Client(streamable_http_client(f"{server.url}/mcp", http_client=http)) as client,
    ):
        _, text = await call(client, "get_task", task="Luftschloss")
    assert "Es gibt keine Aufgabe „Luftschloss“" in text


async def test_many_calls_at_once(server: ServerProcess) -> None:
    async with Client(f"{server.url}/mcp") as client:
        results = await asyncio.gather(*(call(client, "create_task", title=f"one of many {n}") for n in range(20)))
    assert not any(failed for failed, _ in results)


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
async def test_there_are_no_sessions_to_listen_to(client: ChatKitClient, method: str) -> None:
    response = await client.http.request(method, "/mcp")
    assert response.status_code == httpx.codes.METHOD_NOT_ALLOWED
    assert response.headers["allow"] == "POST"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"jsonrpc":"2.0","id":1,"method":"no/such"}', b"\xff" * 10])
async def test_what_is_no_mcp_request_is_refused(client: ChatKitClient, body: bytes) -> None:
    headers = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
    response = await client.http.post("/mcp", content=body, headers=headers)
    assert response.status_code < 500
    assert "error" in response.json() or "message" in response.json()


async def test_it_can_be_turned_off(tmp_path: Path) -> None:
    async with running(tmp_path, {"MCP": "off"}) as off, ChatKitClient(off.url) as client:
        response = await client.http.post("/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "ping"})
    assert response.status_code == httpx.codes.NOT_FOUND
