"""Further endpoints: plain text, health, tasks, documentation."""

import json

import httpx

from tests.chatkit_client import ChatKitClient
from tests.server import ServerProcess

HELLO = {"message": {"content": "Hello!"}}


async def test_the_plain_form_streams_text_and_ends_with_done(client: ChatKitClient) -> None:
    response = await client.http.post("/chatkit/api", json=HELLO)
    assert response.headers["content-type"].startswith("text/event-stream")
    frames = [json.loads(line.removeprefix("data: ")) for line in response.text.split("\n\n") if line]
    assert len(frames) > 2
    assert all(set(frame) == {"text"} for frame in frames[:-1])
    assert frames[-1] == {"done": True}


async def test_the_plain_form_is_one_object_for_a_client_that_accepts_only_json(client: ChatKitClient) -> None:
    streamed = await client.http.post("/chatkit/api", json=HELLO)
    texts = [json.loads(line[6:]).get("text", "") for line in streamed.text.split("\n\n") if line]
    response = await client.http.post("/chatkit/api", json=HELLO, headers={"accept": "application/json"})
    assert response.json() == {"type": "message", "content": "".join(texts), "done": True}


async def test_the_plain_form_goes_on_in_the_thread_that_it_named(client: ChatKitClient) -> None:
    first = await client.http.post("/chatkit/api", json={"message": {"content": "Add a task: buy tea"}})
    thread = first.headers["x-thread-id"]
    await client.http.post("/chatkit/api", json={"message": {"content": "Complete it"}, "thread_id": thread})
    tasks = {task["title"]: task["status"] for task in (await client.http.get("/api/tasks")).json()}
    assert tasks["buy tea"] == "completed"


async def test_health_says_what_runs_here(client: ChatKitClient) -> None:
    health = (await client.http.get("/health")).json()
    assert health == {"status": "healthy", "provider": "demo", "model": "demo", "store": "sqlite"}


async def test_tasks_are_listed_by_status_and_page(client: ChatKitClient) -> None:
    for title in ("page one", "page two", "page three"):
        await client.say(f"Add a task: {title}")
    everything = (await client.http.get("/api/tasks")).json()
    first = (await client.http.get("/api/tasks", params={"limit": 1})).json()
    rest = (await client.http.get("/api/tasks", params={"after": first[0]["id"]})).json()
    assert first + rest == everything
    done = (await client.http.get("/api/tasks", params={"status": "completed"})).json()
    assert [task for task in everything if task["status"] == "completed"] == done


async def test_the_documentation_describes_every_route(client: ChatKitClient) -> None:
    assert (await client.http.get("/docs")).status_code == httpx.codes.OK
    document = (await client.http.get("/docs/openapi.json")).json()
    assert {"/chatkit", "/api/chatkit", "/chatkit/api", "/health", "/api/tasks"} <= set(document["paths"])


async def test_the_first_page_says_where_things_are(server: ServerProcess, client: ChatKitClient) -> None:
    response = await client.http.get("/")
    assert response.headers["content-type"].startswith("text/html")
    for place in ("/chatkit", "/health", "/api/tasks", "/docs"):
        assert place in response.text
