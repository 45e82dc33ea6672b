"""A `ChatKitServer` as the quick start of chatkit-python has it, and the same by a class and a function."""

from collections.abc import AsyncIterator
from typing import Any

from agents import Agent, Runner
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.server import ChatKitServer
from chatkit.store import Store
from chatkit.types import ThreadMetadata, ThreadStreamEvent, UserMessageItem

from tests.assistants.responds import book, counting, page_tool, said
from tests.quickstart.store import MemoryStore

assistant = Agent[AgentContext[Any]](name="Porter", instructions="You book rooms.", tools=[book])


class Porter(ChatKitServer[Any]):
    """Counts, asks the page, or answers with an agent that has the thread in mind."""

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Any
    ) -> AsyncIterator[ThreadStreamEvent]:
        word = said(input_user_message).partition(" ")[0]
        if word in {"count", "", "page"}:
            chosen = counting if word == "count" else page_tool
            async for event in chosen(thread, input_user_message, context):
                yield event
            return
        page = await self.store.load_thread_items(thread.id, after=None, limit=20, order="desc", context=context)
        agent_context = AgentContext(thread=thread, store=self.store, request_context=context)
        result = Runner.run_streamed(assistant, await simple_to_agent_input(page.data[::-1]), context=agent_context)
        async for event in stream_agent_response(agent_context, result):
            yield event


porter = Porter(MemoryStore())


def make(store: Store[Any]) -> Porter:
    """Make the server on a store."""
    return Porter(store)


class Own(Porter):
    """Brings its own store along."""

    def __init__(self) -> None:
        super().__init__(MemoryStore())


def made() -> Porter:
    """Make the server with a store of its own."""
    return Own()
