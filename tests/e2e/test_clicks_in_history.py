"""Clicks in the history: a click calls no model, and the next request to the model contains the change."""

import json
from pathlib import Path

from chatkit.types import WidgetItem

from tests.chatkit_client import ChatKitClient, Exchange, user_input
from tests.fakes.chat_wire import OpenAIChat
from tests.fakes.dialects import SECRET, Call
from tests.fakes.upstream import Upstream
from tests.server import running

WIRE = OpenAIChat()


async def test_the_next_request_to_the_model_contains_the_click(tmp_path: Path) -> None:
    async with Upstream(WIRE.guard) as upstream:
        environment = {
            "OPENAI_API_KEY": SECRET,
            "OPENAI_BASE_URL": f"{upstream.url}/v1",
            "OPENAI_MODEL": "llama3.2",
            "TITLES": "off",
        }
        async with running(tmp_path, environment) as server, ChatKitClient(server.url) as client:
            task = (await client.http.post("/api/tasks", json={"title": "paint the fence"})).json()
            upstream.script(WIRE.calls(Call("list_tasks", {})), WIRE.text("There."))
            exchange = await client.say("My tasks, please")
            [widget] = [item for item in exchange.items if isinstance(item, WidgetItem)]
            asked = len(upstream.requests)

            action = {"type": "tasks.complete", "payload": {"id": task["id"], "list": {}}}
            where = {"thread_id": exchange.thread_id, "item_id": widget.id}
            await client.events("threads.custom_action", **where, action=action)
            assert len(upstream.requests) == asked, "a click asks no model"

            upstream.script(WIRE.text("Well done."))
            tag = {"type": "input_tag", "id": task["id"], "text": "paint the fence", "data": {}}
            content = [{"type": "input_text", "text": "And "}, tag]
            given = user_input("", content=content)
            events = await client.events("threads.add_user_message", input=given, thread_id=exchange.thread_id)
            assert Exchange(events).error is None
            told = json.dumps(upstream.requests[-1].body, ensure_ascii=False)
            assert "the user changed this task; it is completed now" in told
            assert "@paint the fence was mentioned. It stands for this task" in told
            assert told.count(task["id"]) >= 3, "in the list, by the click and by the mention"
