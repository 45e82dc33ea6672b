"""What a tool may use while it runs."""

from typing import Protocol

import msgspec
from chatkit.types import ThreadMetadata
from chatkit.widgets import WidgetRoot

from app.domain.identity import RequestContext


class Stage(Protocol):
    """Where a tool shows things to the user."""

    def show_widget(self, widget: WidgetRoot, copy_text: str | None = None) -> None:
        """Put a widget into the thread, below the running tools' workflow."""

    def progress(self, text: str) -> None:
        """Say in a line what is being done; the next event replaces it."""


class TurnContext(msgspec.Struct, kw_only=True):
    """The Agents SDK's run context: every tool finds it as `ctx.context`."""

    request: RequestContext
    thread: ThreadMetadata
    stage: Stage
