"""`python -m tests.fork_server SOCKET`: forks test servers from a process that has imported everything already.

An import takes 1.3 s of CPU, and the suite starts hundreds of servers. A request is one line of JSON; the responses are
the child's process id, and its exit code after its end. A child differs from `python -m tests.watched_server` only in
its imported modules.
"""

import gc
import json
import os
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from typing import Final, NoReturn, TypedDict

from tests import watched_server


class Spawn(TypedDict):
    """One server to start: its folder, environment, arguments and log file."""

    folder: str
    environment: dict[str, str]
    arguments: list[str]
    log: str


SERVED: Final = (
    "app.adapters.agents_sdk.runner",
    "app.adapters.stores.memory",
    "app.adapters.stores.sql.storage",
    "app.adapters.stores.sql.tasks",
    "app.entrypoints.cli.serve",
)
"""Modules that `serve` imports only when it needs them."""


def preload() -> None:
    """Import all modules of `serve`, and build ChatKit's validators. No thread may run yet: a fork loses threads."""
    watched_server.load()
    for module in SERVED:
        import_module(module)
    from app.adapters.agents_sdk import validators
    from app.chatkit_json import validators as models

    validators.prepare()
    models.build_validators()
    gc.freeze()
    assert threading.active_count() == 1


def serve_forks(address: str) -> None:
    """Fork on request until the parent process ends, which closes standard input."""
    children: dict[int, socket.socket] = {}
    woken, waker = socket.socketpair()
    woken.setblocking(False)
    waker.setblocking(False)
    signal.set_wakeup_fd(waker.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    with socket.socket(socket.AF_UNIX) as listener, DefaultSelector() as selector:
        listener.bind(address)
        listener.listen(64)
        selector.register(listener, EVENT_READ)
        selector.register(woken, EVENT_READ)
        selector.register(sys.stdin, EVENT_READ)
        print("ready", flush=True)  # noqa: T201  # the one word that the other side waits for
        while True:
            ready = {key.fileobj for key, _ in selector.select()}
            if sys.stdin in ready:
                return
            if woken in ready:
                with suppress(BlockingIOError):
                    woken.recv(4096)
                _tell_ends(children)
            if listener in ready:
                connection, _ = listener.accept()
                asked = _read(connection)
                if (child := os.fork()) == 0:
                    for inherited in (listener, woken, waker, connection, *children.values()):
                        inherited.close()
                    selector.close()
                    _become_server(asked)
                children[child] = connection
                connection.sendall(f"{child}\n".encode())


def _read(connection: socket.socket) -> Spawn:
    with connection.makefile("rb") as lines:
        spawn: Spawn = json.loads(lines.readline())
    return spawn


def _tell_ends(children: dict[int, socket.socket]) -> None:
    with suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG)) != (0, 0):
            child, status = ended
            connection = children.pop(child)
            with connection, suppress(OSError):
                connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def _become_server(asked: Spawn) -> NoReturn:
    """Make this child equal to a new process, as far as a program can see."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    time.tzset()
    sys.argv = ["app", *asked["arguments"]]
    sys.path[0] = asked["folder"]  # `python -m` sets it so.
    log = os.open(asked["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for target, source in ((0, nothing), (1, log), (2, log)):
        os.dup2(source, target)
    sys.stdout.reconfigure(line_buffering=True, write_through=True)  # type: ignore[union-attr]  # a text file
    watched_server.serve()
    sys.exit()


if __name__ == "__main__":
    preload()
    with suppress(FileNotFoundError):
        Path(sys.argv[1]).unlink()
    serve_forks(sys.argv[1])
