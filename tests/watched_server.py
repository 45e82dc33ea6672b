"""`python -m tests.watched_server`: `python -m app serve`, with an eye on its event loop.

Whoever holds the loop holds up every stream of the process. A beat in the loop notes the CPU time that the loop's
thread took since the last one; when that is more than `LIMIT`, the stacks that a second thread saw meanwhile are
appended to the file that `HELD` names. It is CPU time of one thread, and not time on the clock: a loop that waits its
turn is not held. A crowded machine triples CPU time as well, and a beat spans all that was ready in one pass of the
loop: 50 to 70 ms were seen there of what takes 20. So a test fails only over `GROSS`; what is between the two is in the
file, for whoever looks. It begins when the server is ready.
"""

import asyncio
import os
import sys
import threading
import time
import traceback
from pathlib import Path
from types import FrameType
from typing import Final

HELD: Final = "LOOP_HELD_FILE"
LIMIT: Final = 0.05
GROSS: Final = 0.2
_BEAT: Final = 0.005
_LOOK: Final = 0.01
_FRAMES: Final = 40


class Watch:
    """Of the loop that runs when it begins."""

    def __init__(self, told: Path) -> None:
        self._told = told
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._clock = time.pthread_getcpuclockid(self._thread)
        self._last = time.thread_time()
        self._seen: dict[str, int] = {}
        self._over = threading.Event()

    def begin(self) -> None:
        """Watch until `end`."""
        threading.Thread(target=self._look, daemon=True).start()
        self._beat()

    def end(self) -> None:
        """Watch no more."""
        self._over.set()

    def _beat(self) -> None:
        took = time.thread_time() - self._last
        if took > LIMIT:
            stacks = "\n".join(f"{count} times:\n{stack}" for stack, count in self._seen.items())
            with self._told.open("a") as file:
                file.write(f"{'GROSSLY, ' if took > GROSS else ''}{took * 1000:.0f} ms of CPU time\n{stacks}\n")
        self._seen = {}
        self._last = time.thread_time()
        if not self._over.is_set():
            self._loop.call_later(_BEAT, self._beat)

    def _look(self) -> None:
        while not self._over.wait(_LOOK):
            if time.clock_gettime(self._clock) - self._last > LIMIT / 2:
                stack = _stack(sys._current_frames()[self._thread])
                self._seen[stack] = self._seen.get(stack, 0) + 1


def _stack(frame: FrameType) -> str:
    called = [entry for entry in traceback.extract_stack(frame) if "importlib" not in entry.filename]
    return "".join(traceback.format_list(called[-_FRAMES:]))


def main() -> None:
    """Serve."""
    from app.startup.libraries import sparingly

    with sparingly():
        import uvicorn

        from app.command_line import run
    serve = uvicorn.Server.main_loop

    async def watched(server: uvicorn.Server) -> None:
        watch = Watch(Path(os.environ[HELD]))
        watch.begin()
        try:
            await serve(server)
        finally:
            watch.end()

    uvicorn.Server.main_loop = watched  # type: ignore[method-assign,assignment]
    run()


if __name__ == "__main__":
    main()
