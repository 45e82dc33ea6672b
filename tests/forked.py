"""Forked servers of `tests.fork_server`, with the methods of a process that tests use."""

import asyncio
import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from app.patches.switch import VARIABLE
from tests.fork_server import Spawn


class ForkedProcess:
    """A forked server; like `asyncio.subprocess.Process`, but its exit code comes over a socket."""

    def __init__(self, connection: socket.socket, pid: int) -> None:
        connection.setblocking(False)
        self._connection = connection
        self._code: int | None = None
        self.pid = pid

    @property
    def returncode(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        if self._code is None:
            try:
                self._ended(self._connection.recv(64))
            except BlockingIOError:
                return None
        return self._code

    async def wait(self) -> int:
        """Wait for the end of the process; return its exit code."""
        if self._code is None:
            self._ended(await asyncio.get_running_loop().sock_recv(self._connection, 64))
        assert self._code is not None
        return self._code

    def send_signal(self, number: int) -> None:
        """Send a signal to the process."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill the process."""
        self.send_signal(signal.SIGKILL)

    def _ended(self, told: bytes) -> None:
        self._connection.close()
        self._code = int(told)


async def fork(asked: Spawn) -> ForkedProcess:
    """Start a server; returns before it listens."""
    return await asyncio.to_thread(_fork, asked)


def _fork(asked: Spawn) -> ForkedProcess:
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(_address())
    connection.sendall(json.dumps(asked).encode() + b"\n")
    told = b""
    while not told.endswith(b"\n"):
        told += connection.recv(1)
    return ForkedProcess(connection, int(told))


@cache
def _address() -> str:
    """Socket of the fork server of this test process; it starts at the first use, and ends with this process."""
    folder = tempfile.TemporaryDirectory(prefix="anyport-fork-")
    address = str(Path(folder.name) / "socket")
    server = subprocess.Popen(  # noqa: S603  # our own module
        (sys.executable, "-m", "tests.fork_server", address),
        cwd=Path(__file__).parent.parent,
        env={name: os.environ[name] for name in ("PATH", VARIABLE) if name in os.environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert server.stdout is not None
    assert server.stdout.readline() == b"ready\n"

    atexit.register(_stop, server, folder)
    return address


def _stop(server: "subprocess.Popen[bytes]", folder: "tempfile.TemporaryDirectory[str]") -> None:
    server.communicate()  # The fork server ends when its standard input closes.
    folder.cleanup()
