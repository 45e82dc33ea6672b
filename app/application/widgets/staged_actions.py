"""Staged actions: the part that the widget actions of all assistants share, from a function to stored items."""

import asyncio
from abc import abstractmethod
from collections.abc import AsyncGenerator
from functools import partial

from chatkit.actions import Action
from chatkit.store import StoreItemType
from chatkit.types import (
    SyncCustomActionResponse,
    ThreadItemDoneEvent,
    ThreadItemReplacedEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    WidgetItem,
)

from app.application.widgets.action_stage import ActionContext, ActionStage
from app.application.widgets.unknown_action import refuse_unknown
from app.domain.identity import RequestContext
from app.ports.thread_store import ThreadStore
from app.ports.widget_actions import WidgetActions


class StagedActions(WidgetActions):
    """Widget actions that show everything on a stage. Subclasses say what an action does."""

    def __init__(self, store: ThreadStore) -> None:
        self._store = store

    @abstractmethod
    async def run(self, action: Action[str, object], sender: WidgetItem | None, context: ActionContext) -> None:
        """Run the action. `sender` is a copy. Raises an `AnyportError`."""

    def check(self, action: Action[str, object]) -> None:
        """Refuse an unknown action. See `WidgetActions.check`."""
        refuse_unknown(action, self.types)

    async def stream(
        self, thread: ThreadMetadata, action: Action[str, object], sender: WidgetItem | None, context: RequestContext
    ) -> AsyncGenerator[ThreadStreamEvent, None]:
        """Run the action and stream each event when the action shows it. See `WidgetActions.stream`."""
        stage = self._stage(thread, sender, context)
        running = asyncio.create_task(self._run(thread, action, sender, context, stage))
        running.add_done_callback(lambda _: stage.close())
        try:
            while (event := await stage.next()) is not None:
                yield event
            await running
        finally:
            running.cancel()
            await asyncio.wait({running})
            if not running.cancelled():
                running.exception()  # A reader that left does not need it, and a crash is in the log.

    async def sync(
        self, thread: ThreadMetadata, action: Action[str, object], sender: WidgetItem | None, context: RequestContext
    ) -> SyncCustomActionResponse:
        """Run the action, store its items at the end, and return the widget. See `WidgetActions.sync`."""
        stage = self._stage(thread, sender, context)
        try:
            await self._run(thread, action, sender, context, stage)
        finally:
            stage.close()
        updated: WidgetItem | None = None
        for event in stage.taken():
            match event:
                case ThreadItemDoneEvent(item=item):
                    await self._store.add_thread_item(thread.id, item, context)
                    if updated is None and sender is None and isinstance(item, WidgetItem):
                        updated = item
                case ThreadItemReplacedEvent(item=WidgetItem() as item):
                    await self._store.save_item(thread.id, item, context)
                    updated = item
        return SyncCustomActionResponse(updated_item=updated)

    async def _run(
        self,
        thread: ThreadMetadata,
        action: Action[str, object],
        sender: WidgetItem | None,
        context: RequestContext,
        stage: ActionStage,
    ) -> None:
        """Run the action on copies: its code may change the objects that it gets."""
        own = None if sender is None else sender.model_copy(deep=True)
        await self.run(action, own, ActionContext(request=context, thread=thread.model_copy(deep=True), stage=stage))

    def _stage(self, thread: ThreadMetadata, sender: WidgetItem | None, context: RequestContext) -> ActionStage:
        return ActionStage(thread.id, partial(self._new_id, thread, context), sender)

    def _new_id(self, thread: ThreadMetadata, context: RequestContext, kind: StoreItemType) -> str:
        return self._store.generate_item_id(kind, thread, context)
