"""`threads.custom_action` and `threads.sync_custom_action`: run the action of a widget."""

from chatkit.types import (
    SyncCustomActionResponse,
    ThreadCustomActionParams,
    ThreadMetadata,
    ThreadsCustomActionReq,
    ThreadsSyncCustomActionReq,
    WidgetItem,
)

from app.domain.errors import InvalidInputError
from app.domain.identity import RequestContext
from app.domain.language import _
from app.entrypoints.chatkit.opening import Cancellable, Opening, Source
from app.ports.thread_store import ThreadStore
from app.ports.widget_actions import WidgetActions


class ActionHandler:
    """Finds the thread and the widget of an action, and runs it."""

    def __init__(self, store: ThreadStore, actions: WidgetActions) -> None:
        self._store = store
        self._actions = actions

    async def stream(self, request: ThreadsCustomActionReq, context: RequestContext) -> Opening:
        """Stream the changed widget. Raises `NotFoundError`, and `InvalidInputError` for an action of no widget."""
        thread, sender = await self._load(request.params, context)
        return self._opening(request.params, thread, sender, context)

    async def sync(self, request: ThreadsSyncCustomActionReq, context: RequestContext) -> SyncCustomActionResponse:
        """Return the changed widget. Raises what `stream` does."""
        thread, sender = await self._load(request.params, context)
        return await self._actions.sync(thread, request.params.action, sender, context)

    async def _opening(
        self,
        params: ThreadCustomActionParams,
        thread: ThreadMetadata,
        sender: WidgetItem | None,
        context: RequestContext,
    ) -> Opening:
        yield Cancellable(thread.id)
        yield Source(thread, self._actions.stream(thread, params.action, sender, context))

    async def _load(
        self, params: ThreadCustomActionParams, context: RequestContext
    ) -> tuple[ThreadMetadata, WidgetItem | None]:
        thread = await self._store.load_thread(params.thread_id, context)
        sender = await self._store.load_item(params.thread_id, params.item_id, context) if params.item_id else None
        if sender is not None and not isinstance(sender, WidgetItem):
            raise InvalidInputError(_("Only a widget can send this action."))
        self._actions.check(params.action)
        return thread, sender
