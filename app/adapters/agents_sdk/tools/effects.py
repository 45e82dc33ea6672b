"""Client effects: the page around the chat is notified of each change that a tool makes."""

from agents import RunContextWrapper
from agents.tool_context import ToolContext

from app.adapters.agents_sdk.tool_context import TurnContext, turn_context
from app.application.tasks.effects import tasks_changed
from app.application.tasks.service import TaskEvent, TaskService


def with_client_effects(ctx: RunContextWrapper[TurnContext], tasks: TaskService) -> TaskService:
    """Return the task service with a client effect, and a report to the stage, after each of its changes."""

    def notify(change: TaskEvent) -> None:
        effect = tasks_changed(change)
        turn_context(ctx).stage.effect(effect.name, effect.data)
        if isinstance(ctx, ToolContext):
            turn_context(ctx).stage.changed(ctx.tool_call_id)

    return tasks.notifying(notify)
