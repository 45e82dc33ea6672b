"""What the demo shows without a key: an approval and a handoff, in every language, and with no other provider."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from chatkit.types import StructuredInputItem, WorkflowItem

from tests.chatkit_client import ChatKitClient, Exchange
from tests.server import ServerProcess, running

APPROVAL, HANDOFF = "check-circle", "user"
LANGUAGES = ("en", "de", "ja", "ar")
STEPS = {
    "en": ["Handing over to Coach", "Looking for the next task"],
    "de": ["Übergabe an Coach", "Nächste Aufgabe wird gesucht"],
    "ja": ["Coach に引き継いでいます", "次のタスクを探しています"],
    "ar": ["التحويل إلى Coach", "البحث عن المهمة التالية"],
}


@pytest.fixture(scope="module")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[ServerProcess, None]:
    """A server with an empty environment and tasks of its own."""
    async with running(tmp_path_factory.mktemp("showcase"), {"DEMO_DELAY_MS": "0"}) as server:
        yield server


async def prompts(client: ChatKitClient) -> dict[str, str]:
    card = (await client.http.get("/api/assistant")).json()
    return {prompt["icon"]: prompt["prompt"] for prompt in card["start_screen"]["prompts"]}


async def with_tasks(client: ChatKitClient, *titles: str) -> None:
    for task in (await client.http.get("/api/tasks")).json():
        await client.http.delete(f"/api/tasks/{task['id']}")
    for title in titles:
        await client.say(f"Add a task: {title}")


async def pending(client: ChatKitClient) -> list[str]:
    tasks = (await client.http.get("/api/tasks")).json()
    return [task["title"] for task in tasks if task["status"] == "pending"]


async def decided(client: ChatKitClient, asked: Exchange, choice: int | str) -> Exchange:
    """The answer to a form: an option by its number, or the user's own words."""
    form = asked.items[-1]
    assert isinstance(form, StructuredInputItem)
    [question] = form.model_dump()["inputs"]
    value = choice if isinstance(choice, str) else question["options"][choice]["value"]
    answers = {question["id"]: {"values": [value]}}
    events = await client.events(
        "threads.add_structured_input",
        thread_id=asked.thread_id,
        item_id=form.id,
        input={"status": "answered", "answers": answers},
    )
    return Exchange(events, asked.thread_id)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_start_screen_leads_to_an_approval(demo: ServerProcess, language: str) -> None:
    async with ChatKitClient(demo.url, {"accept-language": language}) as client:
        await with_tasks(client, "buy milk", "sweep")
        asked = await client.say((await prompts(client))[APPROVAL])
        assert asked.error is None
        assert await pending(client) == ["buy milk", "sweep"], "nothing is done before the user's word"
        refused = await decided(client, asked, 2)
        assert refused.text == "Then I leave everything as it is."
        assert await pending(client) == ["buy milk", "sweep"]

        again = await client.say((await prompts(client))[APPROVAL], asked.thread_id)
        done = await decided(client, again, 0)
        assert (done.text, done.error) == ("Done: 2 tasks are completed.", None)
        assert await pending(client) == []


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_start_screen_leads_to_a_handoff(demo: ServerProcess, language: str) -> None:
    async with ChatKitClient(demo.url, {"accept-language": language}) as client:
        await with_tasks(client, "sweep", "pay rent, high priority", "write, low priority")
        exchange = await client.say((await prompts(client))[HANDOFF])
        assert exchange.error is None
        assert exchange.text == "The coach says: begin with “pay rent” with high priority."
        [workflow] = [item for item in exchange.items if isinstance(item, WorkflowItem)]
        assert [getattr(task, "title", "") for task in workflow.workflow.tasks] == STEPS[language]
        after = await client.say("Show me my tasks", exchange.thread_id)
        assert after.text == "Here they are: 3 tasks.", "the next turn is the first agent's again"


async def test_an_approval_for_the_thread_is_asked_for_once_and_a_reason_is_a_no(demo: ServerProcess) -> None:
    async with ChatKitClient(demo.url) as client:
        await with_tasks(client, "buy milk", "sweep, low priority")
        asked = await client.say("Complete all my low-priority tasks")
        assert "low" in asked.items[-1].inputs[0].question
        refused = await decided(client, asked, "Not on a Sunday")
        assert refused.text == "Then I leave everything as it is."
        asked = await client.say("Complete all my low-priority tasks", asked.thread_id)
        assert (await decided(client, asked, 1)).text == "Done: 1 task is completed."
        assert await pending(client) == ["buy milk"]
        assert (await client.say("Complete everything", asked.thread_id)).text == "Done: 1 task is completed."


async def test_nobody_of_that_name_is_said_so(demo: ServerProcess) -> None:
    async with ChatKitClient(demo.url) as client:
        exchange = await client.say("Hand me over to grandma")
        assert exchange.text == "I cannot hand you over to “grandma”. There is: Coach."


async def test_another_provider_has_none_of_it(tmp_path: Path) -> None:
    environment = {"GEMINI_API_KEY": "none", "GEMINI_BASE_URL": "http://127.0.0.1:9/"}
    async with running(tmp_path, environment) as server, ChatKitClient(server.url) as client:
        assert not {APPROVAL, HANDOFF} & set(await prompts(client))
