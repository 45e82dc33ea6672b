"""An event loop that says which of its callbacks held it, and for how long.

Whoever holds the loop holds up every stream of the process. What is measured is the CPU time of the loop's own thread,
of one callback: one step of a task, one timer, one call from another thread. It is not time on the clock, so a callback
that waits for the processor or for another thread holds nothing; and it is not a pass of the loop, which may be many
callbacks. What the loop does of itself between two callbacks, such as handing to protocols what sockets brought,
counts as one more. The stacks are those that a second thread saw meanwhile.
"""

import asyncio
import gc
import re
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from contextvars import Context
from pathlib import Path
from types import FrameType
from typing import Any, Final, TypeVarTuple, Unpack

import uvloop

from app.patches.register import GARBAGE_COLLECTION

LIMIT: Final = 0.05
"""Seconds; whatever takes longer fails the test whose server it is."""

NOTED: Final = LIMIT / 3
"""Written down; the longest are printed when all tests are done, since another machine may be half as fast."""

_TOLD: Final = re.compile(r"(?:HELD by|noted:) .*: (\d+) ms of CPU time, .*")
_LOOK: Final = 0.01
_FRAMES: Final = 60
_SOCKETS: Final = "between two callbacks"

_Given = TypeVarTuple("_Given")


class Watch:
    """Of the callbacks of one thread, from `begin` to `end`; findings are appended to the file `told`."""

    def __init__(self, told: Path) -> None:
        self._told = told
        self._thread = 0
        self._seen: dict[str, int] = {}
        self._since = self._collecting = self._collected = 0.0
        self._over = threading.Event()
        self._over.set()

    def begin(self) -> None:
        """Watch the thread that calls, which runs the loop."""
        self._over.clear()
        self._since = time.thread_time()
        self._thread = threading.get_ident()
        clock = time.pthread_getcpuclockid(self._thread)
        threading.Thread(target=self._look, args=(clock,), daemon=True).start()
        gc.callbacks.append(self._note_collection)

    def end(self) -> None:
        """Watch no more."""
        self._over.set()
        gc.callbacks.remove(self._note_collection)

    def run(self, callback: Callable[[Unpack[_Given]], object], *given: *_Given) -> None:
        """Call it, and note what it took."""
        if self._over.is_set():
            callback(*given)
            return
        self._passed(None)
        try:
            callback(*given)
        finally:
            self._passed(callback)

    def _passed(self, callback: Callable[..., object] | None) -> None:
        now = time.thread_time()
        took, self._since = now - self._since, now
        if took > NOTED:
            self._tell(took, name_of(callback) if callback else _SOCKETS)
            self._since = time.thread_time()
        if self._seen:
            self._seen = {}
        self._collected = 0.0

    def _tell(self, took: float, what: str) -> None:
        stacks = "\n".join(f"{count} times:\n{stack}" for stack, count in self._seen.items())
        # Without the patch Python collects garbage at any moment, and the switch promises no more than that.
        excused = 0.0 if GARBAGE_COLLECTION.is_on else self._collected
        degree = "HELD by" if took - excused > LIMIT else "noted:"
        with self._told.open("a") as file:
            file.write(
                f"{degree} {what}: {took * 1000:.0f} ms of CPU time, "
                f"{self._collected * 1000:.0f} of them for garbage\n{stacks}\n"
            )

    def _note_collection(self, phase: str, _: object) -> None:
        if threading.get_ident() != self._thread:
            return
        now = time.thread_time()
        if phase == "start":
            self._collecting = now
        else:
            self._collected += now - self._collecting

    def _look(self, clock: int) -> None:
        while not self._over.wait(_LOOK):
            if time.clock_gettime(clock) - self._since > NOTED / 2:
                stack = _stack(sys._current_frames()[self._thread])
                self._seen[stack] = self._seen.get(stack, 0) + 1


class WatchedLoop(uvloop.Loop):
    """The server's loop; everything that is called in it goes through its watch.

    Tasks and futures come to `call_soon` too, and `call_at` to `call_later`; `tests/unit/test_watched_loop.py` would
    tell if that changed.
    """

    def __init__(self, told: Path) -> None:
        self.watch = Watch(told)

    def call_soon(
        self, callback: Callable[[Unpack[_Given]], object], *args: *_Given, context: Context | None = None
    ) -> asyncio.Handle:
        """As uvloop's, watched."""
        return super().call_soon(self.watch.run, callback, *args, context=context)

    def call_soon_threadsafe(
        self, callback: Callable[[Unpack[_Given]], object], *args: *_Given, context: Context | None = None
    ) -> asyncio.Handle:
        """As uvloop's, watched."""
        return super().call_soon_threadsafe(self.watch.run, callback, *args, context=context)

    def call_later(
        self,
        delay: float,
        callback: Callable[[Unpack[_Given]], object],
        *args: *_Given,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """As uvloop's, watched."""
        return super().call_later(delay, self.watch.run, callback, *args, context=context)


def name_of(callback: Callable[..., Any]) -> str:
    """What a person calls it: for a step of a task, the coroutine."""
    owner = getattr(callback, "__self__", None)
    if isinstance(owner, asyncio.Task):
        coroutine = owner.get_coro()
        return f"a step of {getattr(coroutine, '__qualname__', coroutine)}"
    return str(getattr(callback, "__qualname__", callback))


def longest(told_files: Iterable[Path], most: int = 10) -> list[str]:
    """Of what watches have told, the longest first, without the stacks."""
    told = [_TOLD.match(line) for file in told_files for line in file.read_text().splitlines()]
    found = sorted(((int(match[1]), match[0]) for match in told if match), reverse=True)
    return [line for _, line in found[:most]]


def _stack(frame: FrameType) -> str:
    called = [entry for entry in traceback.extract_stack(frame) if "importlib" not in entry.filename]
    begun = max((at for at, entry in enumerate(called) if entry.name == Watch.run.__name__), default=-1)
    return "".join(traceback.format_list(called[begun + 1 :][-_FRAMES:]))
