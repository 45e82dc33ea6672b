"""Widget actions: what a click in a widget runs, without a model."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Sequence

from chatkit.actions import Action
from chatkit.types import SyncCustomActionResponse, ThreadMetadata, ThreadStreamEvent, WidgetItem

from app.domain.identity import RequestContext


class WidgetActions(ABC):
    """The widget actions of one assistant.

    `sender` is the stored widget of the click, None for an action that the page sends by itself. The thread and the
    sender are the caller's.
    """

    @property
    @abstractmethod
    def types(self) -> Sequence[str]:
        """The types of the known actions, such as `poll.vote`."""

    @abstractmethod
    def check(self, action: Action[str, object]) -> None:
        """Raises `InvalidInputError`, which names the known ones, for an unknown action, and for a wrong payload."""

    @abstractmethod
    def stream(
        self, thread: ThreadMetadata, action: Action[str, object], sender: WidgetItem | None, context: RequestContext
    ) -> AsyncGenerator[ThreadStreamEvent, None]:
        """Run a checked action and stream its events, with items of this thread; the reader stores the items.

        Closing the iterator cancels the action. Raises an `AnyportError` for an action that failed.
        """

    @abstractmethod
    async def sync(
        self, thread: ThreadMetadata, action: Action[str, object], sender: WidgetItem | None, context: RequestContext
    ) -> SyncCustomActionResponse:
        """Run a checked action, store its items, and return the changed or new widget, if there is one.

        This response has no field for effects and notices. A failed action stores nothing; raises as `stream` does.
        """
