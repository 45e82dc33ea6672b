"""The page around the chat hears of every change that a tool makes."""

from agents import RunContextWrapper
from agents.tool_context import ToolContext

from app.adapters.agents_sdk.tool_context import TurnContext
from app.application.tasks.effects import tasks_changed
from app.application.tasks.service import TaskEvent, TaskService


def with_client_effects(ctx: RunContextWrapper[TurnContext], tasks: TaskService) -> TaskService:
    """The service, with a client effect after each change that it makes."""

    def tell(change: TaskEvent) -> None:
        effect = tasks_changed(change)
        ctx.context.stage.effect(effect.name, effect.data)
        if isinstance(ctx, ToolContext):
            ctx.context.stage.changed(ctx.tool_call_id)

    return tasks.notifying(tell)
