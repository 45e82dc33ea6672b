"""What makes an assistant: what it is told, what it can do, and how it greets."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from agents import Tool

from app.application.tasks.service import TaskService
from app.domain.model_ref import ModelRef
from app.domain.start_screen import StartScreen


def plain_title(tool_name: str, arguments: Mapping[str, Any]) -> str:
    """A readable line for any tool: `create_task` becomes “Create task”."""
    return tool_name.replace("_", " ").capitalize()


def no_tools(_: TaskService) -> Sequence[Tool]:
    """For an assistant that has nothing to do with tasks."""
    return ()


class Assistant(msgspec.Struct, frozen=True, kw_only=True):
    """An assistant as data: one of these in a module is all that `ASSISTANT=module:name` needs.

    `tools` are tools of the Agents SDK; `task_tools` makes those that work on the user's tasks. `model` answers when
    a message names none, provided that its provider is configured; else the one of `LLM_PROVIDER` does.
    `describe` gives the line that is shown while a tool runs. `tracked` are the tools that say themselves, with
    `stage.changed(…)`, when they have changed something; a call of any other counts as a change, so that an answer that
    is tried again does not make it a second time.
    """

    name: str
    instructions: str
    tools: Sequence[Tool] = ()
    task_tools: Callable[[TaskService], Sequence[Tool]] = no_tools
    model: ModelRef | None = None
    start: StartScreen = StartScreen()
    tracked: frozenset[str] = frozenset()
    describe: Callable[[str, Mapping[str, Any]], str] = plain_title

    def equipped(self, tasks: TaskService) -> "Assistant":
        """The assistant with all its tools in `tools`."""
        tools = (*self.tools, *self.task_tools(tasks))
        return msgspec.structs.replace(self, tools=tools, task_tools=no_tools)
