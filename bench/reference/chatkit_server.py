"""`python -m bench.reference.chatkit_server`: the usual ChatKit server, as guides describe it.

FastAPI, `ChatKitServer`, `stream_agent_response`, a store of lists, an agent with five tools, and Gemini through the
`openai` package; with `MODEL=litellm` through the Agents SDK's LiteLLM model instead.
"""

import os
import uuid
from datetime import datetime
from typing import Any

import uvicorn
from agents import Agent, Model, OpenAIChatCompletionsModel, Runner, function_tool, set_tracing_disabled
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.server import ChatKitServer, StreamingResult
from chatkit.types import ThreadMetadata, UserMessageItem
from fastapi import FastAPI, Request
from fastapi.responses import Response, StreamingResponse
from openai import AsyncOpenAI

from bench.reference.list_store import ListStore

_tasks: dict[str, str] = {}


@function_tool
def create_task(title: str, description: str | None = None) -> str:
    """Create a task."""
    task_id = uuid.uuid4().hex
    _tasks[task_id] = title
    return task_id


@function_tool
def list_tasks(status: str | None = None) -> str:
    """List the tasks."""
    return "\n".join(_tasks.values())


@function_tool
def update_task(task_id: str, title: str) -> str:
    """Rename a task."""
    _tasks[task_id] = title
    return "done"


@function_tool
def delete_task(task_id: str) -> str:
    """Delete a task."""
    return _tasks.pop(task_id, "there is no such task")


@function_tool
def complete_task(task_id: str) -> str:
    """Mark a task as done."""
    return "done" if task_id in _tasks else "there is no such task"


def _model() -> Model:
    if os.environ.get("MODEL") == "litellm":
        from agents.extensions.models.litellm_model import LitellmModel

        return LitellmModel("openrouter/bench", base_url=os.environ["UPSTREAM"], api_key="none")
    client = AsyncOpenAI(api_key="none", base_url=os.environ["UPSTREAM"])
    return OpenAIChatCompletionsModel("gemini-2.5-flash", client)


class TaskServer(ChatKitServer[dict[str, Any]]):
    """Answers the newest message."""

    def __init__(self) -> None:
        super().__init__(ListStore())
        self.agent = Agent[AgentContext[dict[str, Any]]](
            name="Task assistant",
            instructions="You are a helpful task management assistant. Use tools to manage the user's tasks.",
            tools=[create_task, list_tasks, update_task, delete_task, complete_task],
            model=_model(),
        )

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: dict[str, Any]
    ) -> Any:
        """One run of the agent."""
        agent_context = AgentContext(thread=thread, store=self.store, request_context=context)
        model_input = await simple_to_agent_input(input_user_message) if input_user_message else []
        result = Runner.run_streamed(self.agent, model_input, context=agent_context)
        async for event in stream_agent_response(agent_context, result):
            yield event


set_tracing_disabled(True)
server = TaskServer()
app = FastAPI()


@app.get("/health")
async def health() -> dict[str, str]:
    """That it runs."""
    return {"status": "ok", "time": datetime.now().astimezone().isoformat()}


@app.post("/chatkit")
async def chatkit(request: Request) -> Response:
    """The ChatKit protocol."""
    result = await server.process(await request.body(), {"user_id": "ada"})
    if isinstance(result, StreamingResult):
        return StreamingResponse(result, media_type="text/event-stream")
    return Response(content=result.json, media_type="application/json")


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning")
