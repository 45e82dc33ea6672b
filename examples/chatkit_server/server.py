"""The quick start of chatkit-python, run by Anyport: its `respond` stays, its store and its endpoint are not needed.

ASSISTANT=examples/chatkit_server/server.py:Helper anyport serve
"""

from collections.abc import AsyncIterator
from typing import Any

from agents import Agent, Runner
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.server import ChatKitServer
from chatkit.types import ThreadMetadata, ThreadStreamEvent, UserMessageItem

assistant = Agent[AgentContext[Any]](name="Helper", instructions="You are a helpful assistant.")


class Helper(ChatKitServer[Any]):
    """Answers with the newest twenty items of the thread in mind."""

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Any
    ) -> AsyncIterator[ThreadStreamEvent]:
        """Stream the agent's answer."""
        page = await self.store.load_thread_items(thread.id, after=None, limit=20, order="desc", context=context)
        conversation = await simple_to_agent_input(page.data[::-1])
        agent_context = AgentContext(thread=thread, store=self.store, request_context=context)
        result = Runner.run_streamed(assistant, conversation, context=agent_context)
        async for event in stream_agent_response(agent_context, result):
            yield event
