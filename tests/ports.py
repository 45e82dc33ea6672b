"""Ports for servers of tests, which no two test processes share.

They lie below the range from which the system takes ports for outgoing connections and for port 0. A process locks a
block of them for as long as it lives, and hands each of them out once: a request never reaches a foreign server.
"""

import fcntl
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TextIO

FIRST: Final = 10_000
BLOCK: Final = 100
BLOCKS: Final = 220
"""Up to 32,000; Linux takes ephemeral ports from 32,768 on, others from 49,152 on."""

_FOLDER: Final = Path(tempfile.gettempdir()) / f"anyport-test-ports-{os.getuid()}"
_locks: list[TextIO] = []


def free_port() -> int:
    """Return a port without a listener, which no test process returns again while this one lives."""
    return next(port for port in _ports if _is_free(port))


def _own_ports() -> Iterator[int]:
    while True:
        start = FIRST + BLOCK * _own_block()
        yield from range(start, start + BLOCK)


def _own_block() -> int:
    """Lock a block that no process holds; the system releases it when this process ends."""
    _FOLDER.mkdir(exist_ok=True)
    for offset in range(BLOCKS):
        block = (os.getpid() + offset) % BLOCKS
        lock = (_FOLDER / str(block)).open("a")
        try:
            # A second lock of this process on the same block fails as well: locks belong to open files.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            continue
        _locks.append(lock)
        return block
    raise AssertionError(f"test processes hold all {BLOCKS} blocks of ports; see which of them never ended")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


_ports: Final = _own_ports()
