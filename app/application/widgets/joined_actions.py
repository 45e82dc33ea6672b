"""Joined actions: several sets of widget actions as one."""

from collections.abc import AsyncGenerator, Sequence

from chatkit.actions import Action
from chatkit.types import SyncCustomActionResponse, ThreadMetadata, ThreadStreamEvent, WidgetItem

from app.application.widgets.unknown_action import refuse_unknown
from app.domain.identity import RequestContext
from app.ports.widget_actions import WidgetActions


class JoinedActions(WidgetActions):
    """The actions of all `parts`; the first part with a type runs it. Without parts there is no action."""

    def __init__(self, parts: Sequence[WidgetActions]) -> None:
        self._parts = {kind: part for part in reversed(parts) for kind in part.types}
        self._types = tuple(dict.fromkeys(kind for part in parts for kind in part.types))

    @property
    def types(self) -> Sequence[str]:
        """The types of all parts."""
        return self._types

    def check(self, action: Action[str, object]) -> None:
        """Check the action by its part. See `WidgetActions.check`."""
        self._part(action).check(action)

    def stream(
        self, thread: ThreadMetadata, action: Action[str, object], sender: WidgetItem | None, context: RequestContext
    ) -> AsyncGenerator[ThreadStreamEvent, None]:
        """Run the action by its part. See `WidgetActions.stream`."""
        return self._part(action).stream(thread, action, sender, context)

    async def sync(
        self, thread: ThreadMetadata, action: Action[str, object], sender: WidgetItem | None, context: RequestContext
    ) -> SyncCustomActionResponse:
        """Run the action by its part. See `WidgetActions.sync`."""
        return await self._part(action).sync(thread, action, sender, context)

    def _part(self, action: Action[str, object]) -> WidgetActions:
        refuse_unknown(action, self._types)
        return self._parts[action.type]
