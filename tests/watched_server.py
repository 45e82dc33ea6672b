"""`python -m tests.watched_server`: `python -m app serve` on a watched event loop.

Callbacks that hold the loop are appended to the file that `HELD` names. `ServerProcess.stop` fails when a callback took
more CPU time than `LIMIT` of `tests/watched_loop.py`. The watch starts when the server listens, because no client waits
before. The preparation of a first answer is watched too.
"""

import os
from importlib import import_module
from pathlib import Path
from typing import Final

HELD: Final = "LOOP_HELD_FILE"


def load() -> None:
    """Import the server as `python -m app` does."""
    from app.patches.lean_imports import lean_imports

    with lean_imports():
        for module in ("uvicorn", "uvloop", "app.command_line", "tests.watched_loop"):
            import_module(module)


def serve() -> None:
    """Run the command line on a watched loop."""
    import uvicorn
    import uvloop

    from app.command_line import run
    from tests.watched_loop import WatchedLoop

    serve = uvicorn.Server.main_loop
    loop: WatchedLoop | None = None

    def watched_loop() -> WatchedLoop:
        nonlocal loop
        loop = WatchedLoop(Path(os.environ[HELD]))
        return loop

    async def watched(server: uvicorn.Server) -> None:
        assert loop is not None, "uvicorn took another loop"
        loop.watch.begin()
        try:
            await serve(server)
        finally:
            loop.watch.end()

    uvloop.new_event_loop = watched_loop
    uvicorn.Server.main_loop = watched  # type: ignore[method-assign,assignment]
    run()


if __name__ == "__main__":
    load()
    serve()
