"""Showcase: an approval and a handoff for the built-in assistant, where a provider without a key is to show them."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from agents import Agent, RunContextWrapper

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.input.instructions import instructions
from app.adapters.agents_sdk.tool_context import TurnContext
from app.adapters.agents_sdk.tools.complete_all_tasks import complete_all_tasks_tool
from app.adapters.agents_sdk.tools.next_task import next_task_tool
from app.application.tasks.service import TaskService
from app.domain.clock import clock
from app.domain.language import _, deferred
from app.domain.start_screen import Prompt, StartScreen

COACH: Final = """\
You are the coach. You help the user to begin: find with next_task what to do first, and say in one or two sentences \
why it comes first. You change no tasks."""

_TITLES: Final = {
    "complete_all_tasks": deferred("Completing all tasks"),
    "next_task": deferred("Looking for the next task"),
}

_PROMPTS: Final = (
    Prompt(label=deferred("See an approval"), prompt=deferred("Complete all my tasks"), icon="check-circle"),
    Prompt(label=deferred("See a handoff"), prompt=deferred("Hand me over to the coach"), icon="user"),
)


def with_prompts(start: StartScreen) -> StartScreen:
    """Return the start screen with prompts for the approval and the handoff."""
    return msgspec.structs.replace(start, prompts=(*start.prompts, *_PROMPTS))


def with_showcase(assistant: Assistant, tasks: TaskService) -> Assistant:
    """Return the assistant as an agent that can hand off to a coach, with a tool that waits for approval."""

    def described(tool_name: str, arguments: Mapping[str, Any]) -> str:
        title = _TITLES.get(tool_name)
        return _(title) if title else assistant.describe(tool_name, arguments)

    def own_instructions(context: RunContextWrapper[TurnContext], _: Agent[TurnContext]) -> str:
        return instructions(assistant, context.context.request, clock.now().date())

    coach = Agent[TurnContext](
        name="Coach",
        handoff_description="Helps the user to begin with their tasks.",
        instructions=COACH,
        tools=[next_task_tool(tasks)],
    )
    agent = Agent[TurnContext](
        name=assistant.name,
        instructions=own_instructions,
        tools=[*assistant.tools, complete_all_tasks_tool(tasks)],
        handoffs=[coach],
    )
    return msgspec.structs.replace(
        assistant, agent=agent, tools=(), describe=described, tracked=assistant.tracked | _TITLES.keys()
    )
