"""Change feed: publishes changes of a user's data to all of their open pages on all replicas."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from typing import Literal

import msgspec
import structlog

from app.aio.notification import Notification
from app.application.tasks.service import TaskEvent
from app.application.turns.turn import PING
from app.domain.errors import StoreUnavailableError
from app.ports.signals import MISSED, Signals
from app.settings.turns import KEEP_ALIVE_SECONDS

log = structlog.get_logger(__name__)

DEBOUNCE_SECONDS = 0.1
"""Debounce: changes within this time are published together, and no writer waits for that."""

PAGE_QUEUE = 500
"""Backpressure: changes queued for a slow page; beyond that it receives `resync` and reloads everything."""

_CHANGE = "change:"

Kind = Literal[
    "thread.created",
    "thread.updated",
    "thread.deleted",
    "item.added",
    "item.updated",
    "item.removed",
    "task.changed",
    "resync",
]


class Change(msgspec.Struct, frozen=True, omit_defaults=True):
    """One change, by ids only: a page loads the data itself."""

    type: Kind
    thread_id: str = ""
    item_id: str = ""
    task_id: str = ""


class _Published(msgspec.Struct, frozen=True):
    user: str
    change: Change


_published = msgspec.json.Decoder(_Published)


def signal_prefix(user_id: str) -> str:
    """Return the prefix of all signals of this user's changes."""
    return _CHANGE + msgspec.json.encode({"user": user_id}).decode().removesuffix("}") + ","


class _Page:
    def __init__(self, keep_alive: float) -> None:
        self.waiting: deque[Change] = deque()
        self.notification = Notification(keep_alive)

    def enqueue(self, change: Change) -> None:
        if len(self.waiting) >= PAGE_QUEUE:
            self.waiting.clear()
            change = Change("resync")
        self.waiting.append(change)
        self.notification.notify()


class ChangeFeed:
    """Change feed: collects changes, and delivers them to the pages of their user."""

    def __init__(self, signals: Signals, *, keep_alive: float = KEEP_ALIVE_SECONDS) -> None:
        self._signals = signals
        self._keep_alive = keep_alive
        self._pages: dict[str, set[_Page]] = {}
        self._collected: list[str] = []
        self._sending: asyncio.Task[None] | None = None
        self._closing = False
        self._unsubscribe: Callable[[], None] = signals.subscribe(self._on_signal)

    def publish(self, user_id: str, change: Change) -> None:
        """Publish a change to all pages of the user. Does not wait; best effort."""
        self._collected.append(_CHANGE + msgspec.json.encode(_Published(user_id, change)).decode())
        if self._sending is None:
            self._sending = asyncio.create_task(self._send())

    def task_changed(self, event: TaskEvent) -> None:
        """Publish a changed task; a listener of `TaskService`."""
        self.publish(event.task.user_id, Change("task.changed", task_id=event.task.id))

    async def follow(self, user_id: str) -> AsyncGenerator[bytes, None]:
        """Stream changes from now on as server-sent events, until the server stops."""
        page = _Page(self._keep_alive)
        self._pages.setdefault(user_id, set()).add(page)
        try:
            yield b": changes\n\n"
            while not self._closing:
                if page.waiting:
                    frames = [b"data: " + msgspec.json.encode(change) + b"\n\n" for change in page.waiting]
                    page.waiting.clear()
                    yield b"".join(frames)
                elif not await page.notification.wait():
                    yield PING
        finally:
            page.notification.close()
            self._pages[user_id].discard(page)
            if not self._pages[user_id]:
                del self._pages[user_id]

    def close(self) -> None:
        """End all streams; pages reconnect to another process. Idempotent."""
        self._closing = True
        for pages in self._pages.values():
            for page in pages:
                page.notification.notify()

    async def aclose(self) -> None:
        """Publish the collected changes, then unsubscribe."""
        self.close()
        if self._sending is not None:
            await self._sending
        self._unsubscribe()
        self._unsubscribe = lambda: None

    async def _send(self) -> None:
        await asyncio.sleep(0 if self._closing else DEBOUNCE_SECONDS)
        collected, self._collected, self._sending = self._collected, [], None
        try:
            await self._signals.publish(collected)
        except StoreUnavailableError as failure:
            log.warning("changes not published", changes=len(collected), detail=failure.detail)

    def _on_signal(self, signal: str) -> None:
        if signal == MISSED:
            for pages in self._pages.values():
                for page in pages:
                    page.enqueue(Change("resync"))
        elif signal.startswith(_CHANGE):
            published = _published.decode(signal.removeprefix(_CHANGE))
            for page in self._pages.get(published.user, ()):
                page.enqueue(published.change)
