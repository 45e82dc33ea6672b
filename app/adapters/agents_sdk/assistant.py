"""Assistant: instructions, tools, model and start screen as data."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import agents
import msgspec
from agents import Tool
from chatkit.widgets import WidgetRoot

from app.adapters.agents_sdk.assistant_actions import ActionFunction
from app.adapters.agents_sdk.run.tripwires import GuardrailMessage
from app.adapters.agents_sdk.tool_context import TurnContext
from app.application.tasks.service import TaskService
from app.domain.model_ref import ModelRef
from app.domain.start_screen import StartScreen

Rendered = str | WidgetRoot | None
"""What the user sees of a final output; None for nothing."""


def plain_title(tool_name: str, arguments: Mapping[str, Any]) -> str:
    """Return a readable line for any tool: `create_task` becomes “Create task”."""
    return tool_name.replace("_", " ").capitalize()


def no_tools(_: TaskService) -> Sequence[Tool]:
    """Return no task tools, for an assistant without tasks."""
    return ()


class Assistant(msgspec.Struct, frozen=True, kw_only=True):
    """An assistant as data; `ASSISTANT=module:name` loads one of these from a module.

    `agent` is an agent of the Agents SDK with all that it has; without one, `name`, `instructions` and `tools` describe
    it. `tools` are tools of the Agents SDK; `task_tools` makes those for the user's tasks. `model` answers a message
    that names no model, provided that the model's provider is configured; else the model of `LLM_PROVIDER` answers.
    `describe` returns the progress line of a running tool. `tracked` names the tools that report their changes with
    `stage.changed(…)`. Each call of another tool counts as a change, and a retried answer does not make it again.
    `editable_arguments` names the tools whose arguments the user may change when a call waits for approval.
    `guardrail_message` is the sentence for the user when a guardrail rejects a message or an answer, or a function of
    the `Tripwire` that returns it. `render` shows the final output of an agent with an `output_type`, as text or as a
    widget; without it such an output is not shown. `hooks` hear every run. `context` makes the object that tools,
    instructions, guardrails and hooks read as `ctx.context`, once for each turn; `turn_context(ctx)` returns ours.
    `actions` are the widget actions by their types, such as `poll.vote`; an assistant with `task_tools` answers
    `tasks.*` as well.
    """

    # Quoted: a start does not import agents and hooks, with all that they may use.
    agent: "agents.Agent[Any] | None" = None
    name: str = ""
    instructions: str = ""
    tools: Sequence[Tool] = ()
    task_tools: Callable[[TaskService], Sequence[Tool]] = no_tools
    model: ModelRef | None = None
    start: StartScreen = StartScreen()
    tracked: frozenset[str] = frozenset()
    editable_arguments: frozenset[str] = frozenset()
    describe: Callable[[str, Mapping[str, Any]], str] = plain_title
    guardrail_message: GuardrailMessage | None = None
    render: Callable[[Any], Rendered | Awaitable[Rendered]] | None = None
    hooks: "agents.RunHooks[Any] | None" = None
    context: Callable[[TurnContext], Any | Awaitable[Any]] | None = None
    actions: Mapping[str, ActionFunction] = {}

    @property
    def has_tasks(self) -> bool:
        """True for an assistant that works on the user's tasks, before its task tools are made."""
        return self.task_tools is not no_tools

    def equipped(self, tasks: TaskService) -> "Assistant":
        """Return the assistant with its task tools added to `tools`."""
        return self.with_task_tools(self.task_tools(tasks))

    def with_task_tools(self, made: Sequence[Tool]) -> "Assistant":
        """Return the assistant with these tools in place of `task_tools`."""
        return msgspec.structs.replace(self, tools=(*self.tools, *made), task_tools=no_tools)
