"""A ChatKit server as its public quick start builds one: https://openai.github.io/chatkit-python/quickstart.

The library as it comes, around one agent and a store in memory: what a server holds that nobody has worked on yet.
"""

from collections.abc import AsyncIterator

from agents import Agent, Runner
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.server import ChatKitServer, StreamingResult
from chatkit.types import ThreadMetadata, ThreadStreamEvent, UserMessageItem
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse

from tests.quickstart.store import Context, MemoryStore

assistant = Agent[AgentContext[Context]](
    name="assistant", instructions="You are a helpful assistant.", model="gpt-4.1-mini"
)


class QuickStartServer(ChatKitServer[Context]):
    """Answers with the newest twenty items of the thread in mind."""

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Context
    ) -> AsyncIterator[ThreadStreamEvent]:
        page = await self.store.load_thread_items(thread.id, after=None, limit=20, order="desc", context=context)
        conversation = await simple_to_agent_input(page.data[::-1])
        agent_context = AgentContext(thread=thread, store=self.store, request_context=context)
        result = Runner.run_streamed(assistant, conversation, context=agent_context)
        async for event in stream_agent_response(agent_context, result):
            yield event


app = FastAPI()
server = QuickStartServer(MemoryStore())


@app.get("/health")
async def health() -> Response:
    """For the tests, which wait until it is up."""
    return Response()


@app.post("/chatkit")
async def chatkit(request: Request) -> Response:
    """The one endpoint."""
    result = await server.process(await request.body(), {})
    if isinstance(result, StreamingResult):
        return StreamingResponse(result, media_type="text/event-stream")
    return Response(content=result.json, media_type="application/json")
