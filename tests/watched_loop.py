"""Watched event loop: reports callbacks that hold it, with their CPU time.

A callback that holds the loop delays every stream of the process. A callback is one step of a task, one timer, or one
call from another thread; the work of the loop between two callbacks, such as passing data of sockets to protocols,
counts as one more. The measure is CPU time of the loop's thread, so a callback that waits for the processor or for
another thread holds nothing. A second thread samples the stacks.
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
"""Seconds; a longer callback fails the test of its server."""

NOTED: Final = LIMIT / 3
"""Seconds from which a callback is noted; the longest are printed at the end, because another machine may be slower."""

_FINDING: Final = re.compile(r"(?:HELD by|noted:) .*: (\d+) ms of CPU time, .*")
_LOOK: Final = 0.01
_FRAMES: Final = 60
_SOCKETS: Final = "between two callbacks"

_Given = TypeVarTuple("_Given")


class Watch:
    """Watch on the callbacks of one thread, from `begin` to `end`; findings are appended to the file `findings`."""

    def __init__(self, findings: Path) -> None:
        self._findings = findings
        self._thread = 0
        self._seen: dict[str, int] = {}
        self._since = self._collecting = self._collected = 0.0
        self._over = threading.Event()
        self._over.set()

    def begin(self) -> None:
        """Start to watch the calling thread, which runs the loop."""
        self._over.clear()
        self._since = time.thread_time()
        self._thread = threading.get_ident()
        clock = time.pthread_getcpuclockid(self._thread)
        threading.Thread(target=self._look, args=(clock,), daemon=True).start()
        gc.callbacks.append(self._note_collection)

    def end(self) -> None:
        """Stop watching."""
        self._over.set()
        gc.callbacks.remove(self._note_collection)

    def run(self, callback: Callable[[Unpack[_Given]], object], *given: *_Given) -> None:
        """Run a callback, and note its CPU time."""
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
            self._report(took, name_of(callback) if callback else _SOCKETS)
            self._since = time.thread_time()
        if self._seen:
            self._seen = {}
        self._collected = 0.0

    def _report(self, took: float, what: str) -> None:
        stacks = "\n".join(f"{count} times:\n{stack}" for stack, count in self._seen.items())
        # Without the patch Python collects garbage at any moment, and the switch promises no more than that.
        excused = 0.0 if GARBAGE_COLLECTION.is_on else self._collected
        degree = "HELD by" if took - excused > LIMIT else "noted:"
        with self._findings.open("a") as file:
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
    """Event loop of a server under test, which passes every callback through its watch.

    Tasks and futures use `call_soon` too, and `call_at` uses `call_later`; `tests/unit/test_watched_loop.py` checks
    that.
    """

    def __init__(self, findings: Path) -> None:
        self.watch = Watch(findings)

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
    """Return the name of a callback; of a step of a task, the coroutine's."""
    owner = getattr(callback, "__self__", None)
    if isinstance(owner, asyncio.Task):
        coroutine = owner.get_coro()
        return f"a step of {getattr(coroutine, '__qualname__', coroutine)}"
    return str(getattr(callback, "__qualname__", callback))


def longest(files: Iterable[Path], most: int = 10) -> list[str]:
    """Return the longest findings of all watches, longest first, without the stacks."""
    matches = [_FINDING.match(line) for file in files for line in file.read_text().splitlines()]
    found = sorted(((int(match[1]), match[0]) for match in matches if match), reverse=True)
    return [line for _, line in found[:most]]


def _stack(frame: FrameType) -> str:
    called = [entry for entry in traceback.extract_stack(frame) if "importlib" not in entry.filename]
    begun = max((at for at, entry in enumerate(called) if entry.name == Watch.run.__name__), default=-1)
    return "".join(traceback.format_list(called[begun + 1 :][-_FRAMES:]))
