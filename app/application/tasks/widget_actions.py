"""Task actions: each changes its widget in place, without a model.

A hidden item in the thread informs the model of each change on its next turn.
"""

from collections.abc import Sequence

from chatkit.actions import Action
from chatkit.types import WidgetItem

from app.application.tasks.clicks import CLICKS, TaskClicks, read_click
from app.application.tasks.effects import change_for_model, tasks_changed
from app.application.tasks.service import TaskEvent, TaskService
from app.application.widgets.action_stage import ActionContext
from app.application.widgets.staged_actions import StagedActions
from app.ports.thread_store import ThreadStore


class TaskActions(StagedActions):
    """Runs the actions of task widgets. Idempotent: a repeated action changes nothing."""

    def __init__(self, store: ThreadStore, tasks: TaskService) -> None:
        super().__init__(store)
        self._tasks = tasks

    @property
    def types(self) -> Sequence[str]:
        """The types of the clicks."""
        return tuple(CLICKS)

    def check(self, action: Action[str, object]) -> None:
        """Refuse an unknown action and a wrong payload. See `WidgetActions.check`."""
        super().check(action)
        read_click(action.type, action.payload)

    async def run(self, action: Action[str, object], sender: WidgetItem | None, context: ActionContext) -> None:
        """Run the click, show the changed widget, and inform the model and the page of each change."""
        changes: list[TaskEvent] = []
        clicks = TaskClicks(self._tasks.notifying(changes.append), context.request.user_id, sender)
        shown = await clicks.run(read_click(action.type, action.payload))
        if shown.widget is not None:
            context.stage.replace(shown.widget, shown.copy_text)
        for change in changes:
            context.stage.add_hidden_context(change_for_model(change))
            effect = tasks_changed(change)
            context.stage.effect(effect.name, effect.data)
        if shown.notice:
            context.stage.notice(shown.notice)
