"""Self-checks of the machine: address, open files, private folders and free space."""

import asyncio
import errno
import shutil
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from app.application.health.self_checks import SelfCheckError
from app.startup.private_files import open_to_others

_FILES: Final = 1024
"""Least limit of open files: each reader of an answer and each connection to a model takes one."""

_FREE_BYTES: Final = 100_000_000


async def check_address(host: str, port: int) -> str | None:
    """Listen on the address for a moment. Raises `SelfCheckError`; an address in use is no failure."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        await asyncio.to_thread(lambda: socket.create_server((host, port), family=family).close())
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return f"something listens on {host}:{port} already; all is well if that is this server"
        raise SelfCheckError(f"Nothing can listen on {host}:{port}.", detail=error.strerror or str(error)) from error
    return None


async def check_open_files() -> str | None:
    """Check the limit of open files. Raises `SelfCheckError` when it is too low."""
    if sys.platform == "win32":  # Windows has no such limit.
        return None
    import resource

    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < _FILES:
        raise SelfCheckError(f"A process may open {most} files here, {_FILES} are needed. Raise it: ulimit -n {_FILES}")
    return None


async def check_private(paths: Sequence[Path]) -> None:
    """Check that other users cannot read `paths`. Raises `SelfCheckError` otherwise."""
    loose = await asyncio.to_thread(open_to_others, paths)
    if loose:
        names = " ".join(map(str, loose))
        raise SelfCheckError(f"Other users of this machine may read this. Take it from them: chmod go= {names}")


async def check_room(folder: Path) -> str | None:
    """Report the free space of the file system of `folder`. Raises `SelfCheckError` below 100 MB."""
    there = next(part for part in (folder, *folder.parents) if part.exists())
    free = (await asyncio.to_thread(shutil.disk_usage, there)).free
    if free < _FREE_BYTES:
        raise SelfCheckError(f"Only {free // 1_000_000} MB are free where {folder} is. Make room there.")
    return f"{free // 1_000_000} MB are free"
