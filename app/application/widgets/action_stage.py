"""The action stage: an action's connection to the user, the page and the model of the next turn."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec
from chatkit.store import StoreItemType
from chatkit.types import (
    ClientEffectEvent,
    HiddenContextItem,
    NoticeEvent,
    ProgressUpdateEvent,
    ThreadItemDoneEvent,
    ThreadItemReplacedEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    WidgetItem,
)
from chatkit.widgets import WidgetRoot
from pydantic import BaseModel

from app.application.widgets.size import check_widget
from app.domain.clock import clock
from app.domain.identity import RequestContext


class ActionStage:
    """Collects the events of one action, in the order of the calls.

    Each method checks its values before the page or the store gets them, and raises `TypeError` or `ValueError` in the
    code that called it.
    """

    def __init__(self, thread_id: str, new_id: Callable[[StoreItemType], str], sender: WidgetItem | None) -> None:
        self._thread_id = thread_id
        self._new_id = new_id
        self._shown = sender
        self._events: asyncio.Queue[ThreadStreamEvent | None] = asyncio.Queue()
        self._closed = False

    def replace(self, widget: WidgetRoot, copy_text: str | None = None) -> None:
        """Replace the widget of the click; an action without one adds this widget to the thread.

        `copy_text` is the widget's text for the clipboard and for the model.
        """
        if self._shown is None:
            self._shown = self._widget(widget, copy_text)
            self._emit(ThreadItemDoneEvent(item=self._shown))
            return
        _check(widget)
        self._shown = self._shown.model_copy(update={"widget": widget, "copy_text": copy_text})
        self._emit(ThreadItemReplacedEvent(item=self._shown))

    def show_widget(self, widget: WidgetRoot, copy_text: str | None = None) -> None:
        """Add one more widget to the thread."""
        self._emit(ThreadItemDoneEvent(item=self._widget(widget, copy_text)))

    def add_hidden_context(self, text: str) -> None:
        """Add a text to the thread that only the model of later turns sees."""
        if not isinstance(text, str):
            raise TypeError(f"hidden context is a text, not {type(text).__name__}")
        item = HiddenContextItem(
            id=self._new_id("message"), thread_id=self._thread_id, created_at=clock.now(), content=text
        )
        self._emit(ThreadItemDoneEvent(item=item))

    def effect(self, name: str, data: Mapping[str, Any]) -> None:
        """Send a client effect to the page around the chat; lost when the page asked for a single response."""
        self._emit(ClientEffectEvent(name=name, data=dict(data)))

    def notice(self, text: str, level: Literal["info", "warning", "danger"] = "info") -> None:
        """Show a notice beside the thread; lost when the page asked for a single response."""
        self._emit(NoticeEvent(level=level, message=text))

    def progress(self, text: str) -> None:
        """Show a progress line; the next event replaces it."""
        self._emit(ProgressUpdateEvent(text=text))

    async def next(self) -> ThreadStreamEvent | None:
        """Wait for the next event; None after the last. For one reader."""
        return await self._events.get()

    def taken(self) -> list[ThreadStreamEvent]:
        """Take all events that nobody has read."""
        events = []
        while not self._events.empty():
            event = self._events.get_nowait()
            if event is not None:
                events.append(event)
        return events

    def close(self) -> None:
        """End the events for the reader: the action may show nothing any more. Idempotent."""
        self._closed = True
        self._events.put_nowait(None)

    def _widget(self, widget: WidgetRoot, copy_text: str | None) -> WidgetItem:
        _check(widget)
        return WidgetItem(
            id=self._new_id("message"),
            thread_id=self._thread_id,
            created_at=clock.now(),
            widget=widget,
            copy_text=copy_text,
        )

    def _emit(self, event: ThreadStreamEvent) -> None:
        if self._closed:
            raise RuntimeError("the action has ended, and can show nothing any more")
        # A model of pydantic holds what was assigned later unchecked. Read again, the event is apart from its sources.
        self._events.put_nowait(type(event).model_validate_json(event.model_dump_json(by_alias=True, warnings="error")))


class ActionContext(msgspec.Struct, frozen=True, kw_only=True):
    """The context of one action: the caller, a copy of the thread, and the stage."""

    request: RequestContext
    thread: ThreadMetadata
    stage: ActionStage


def _check(widget: WidgetRoot) -> None:
    if not isinstance(widget, BaseModel):
        raise TypeError(f"a widget is a root of chatkit.widgets, not {type(widget).__name__}")
    check_widget(widget)
