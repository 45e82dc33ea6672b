"""Widget actions: each changes its widget in place, without a model.

A hidden item in the thread informs the model of each change on its next turn.
"""

from collections.abc import AsyncGenerator

from chatkit.actions import Action
from chatkit.types import (
    HiddenContextItem,
    NoticeEvent,
    SyncCustomActionResponse,
    ThreadItemDoneEvent,
    ThreadItemReplacedEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    WidgetItem,
)

from app.application.tasks.clicks import ClickResult, TaskClicks, read_click
from app.application.tasks.effects import change_for_model, tasks_changed
from app.application.tasks.service import TaskEvent, TaskService
from app.domain.clock import clock
from app.domain.identity import RequestContext
from app.ports.thread_store import ThreadStore


class WidgetActions:
    """Runs the actions of widgets. Idempotent: a repeated action changes nothing."""

    def __init__(self, store: ThreadStore, tasks: TaskService) -> None:
        self._store = store
        self._tasks = tasks

    def check(self, action: Action[str, object]) -> None:
        """Raises `InvalidInputError` for an unknown action or an invalid payload."""
        read_click(action.type, action.payload)

    async def stream(
        self, thread: ThreadMetadata, action: Action[str, object], sender: WidgetItem | None, context: RequestContext
    ) -> AsyncGenerator[ThreadStreamEvent, None]:
        """Run the action and stream the changed widget; the event fold stores the items in the events."""
        shown, changes = await self._run(action, sender, context)
        item = self._item(thread, sender, shown, context)
        if item is not None:
            yield ThreadItemReplacedEvent(item=item) if sender else ThreadItemDoneEvent(item=item)
        for change in changes:
            yield ThreadItemDoneEvent(item=self._hidden(thread, change, context))
            yield tasks_changed(change)
        if shown.notice:
            yield NoticeEvent(level="info", message=shown.notice)

    async def sync(
        self, thread: ThreadMetadata, action: Action[str, object], sender: WidgetItem | None, context: RequestContext
    ) -> SyncCustomActionResponse:
        """Run the action, store its items, and return the changed widget. This response has no field for effects."""
        shown, changes = await self._run(action, sender, context)
        updated = self._item(thread, sender, shown, context)
        if updated is not None:
            await self._store.save_item(thread.id, updated, context)
        for change in changes:
            await self._store.add_thread_item(thread.id, self._hidden(thread, change, context), context)
        return SyncCustomActionResponse(updated_item=updated)

    async def _run(
        self, action: Action[str, object], sender: WidgetItem | None, context: RequestContext
    ) -> tuple[ClickResult, list[TaskEvent]]:
        changes: list[TaskEvent] = []
        clicks = TaskClicks(self._tasks.notifying(changes.append), context.user_id, sender)
        return await clicks.run(read_click(action.type, action.payload)), changes

    def _item(
        self, thread: ThreadMetadata, sender: WidgetItem | None, shown: ClickResult, context: RequestContext
    ) -> WidgetItem | None:
        """The changed sender, or a new widget for an action without one; None when no widget changed."""
        if shown.widget is None:
            return None
        if sender is not None:
            return sender.model_copy(update={"widget": shown.widget, "copy_text": shown.copy_text})
        return WidgetItem(
            id=self._store.generate_item_id("message", thread, context),
            thread_id=thread.id,
            created_at=clock.now(),
            widget=shown.widget,
            copy_text=shown.copy_text,
        )

    def _hidden(self, thread: ThreadMetadata, change: TaskEvent, context: RequestContext) -> HiddenContextItem:
        return HiddenContextItem(
            id=self._store.generate_item_id("message", thread, context),
            thread_id=thread.id,
            created_at=clock.now(),
            content=change_for_model(change),
        )
