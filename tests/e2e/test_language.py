"""The server in the caller's language."""

from chatkit.types import ProgressUpdateEvent, WidgetItem

from tests.chatkit_client import ChatKitClient, user_input
from tests.server import ServerProcess


async def test_a_refusal_speaks_the_caller_s_language(server: ServerProcess) -> None:
    async with ChatKitClient(server.url, {"accept-language": "fr;q=0.2, de-AT, en;q=0.5"}) as client:
        options = {"model": "nobody/nothing"}
        problem = await client.refused("threads.create", input=user_input("Hello", inference_options=options))
    assert problem["message"].startswith("Dieses Modell wird hier nicht angeboten.")


async def test_progress_speaks_the_caller_s_language(server: ServerProcess) -> None:
    async with ChatKitClient(server.url, {"accept-language": "ja"}) as client:
        exchange = await client.say("Add a task: learn the kana")
    [text] = [event.text for event in exchange.events if isinstance(event, ProgressUpdateEvent)]
    assert text.startswith("タスクを追加しています")


async def test_the_demo_understands_what_the_start_screen_offers(server: ServerProcess) -> None:
    async with ChatKitClient(server.url, {"accept-language": "ja-JP,ja;q=0.9"}) as client:
        card = (await client.http.get("/api/assistant")).json()
        offered = {prompt["icon"]: prompt["prompt"] for prompt in card["start_screen"]["prompts"]}
        assert any(isinstance(item, WidgetItem) for item in (await client.say(offered["notebook"])).items)
        await client.say(offered["plus"])
        assert "try out this chat" in [task["title"] for task in (await client.http.get("/api/tasks")).json()]
