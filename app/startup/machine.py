"""What a server needs of its machine: an address to listen on, open files, and folders of its own."""

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
"""Each reader of an answer takes one, and so does each connection to a model."""

_FREE_BYTES: Final = 100_000_000


async def check_address(host: str, port: int) -> str | None:
    """Listen for a moment. Raises `SelfCheckError`; that somebody listens there already is no failure."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        await asyncio.to_thread(lambda: socket.create_server((host, port), family=family).close())
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return f"something listens on {host}:{port} already; all is well if that is this server"
        raise SelfCheckError(f"Nothing can listen on {host}:{port}.", detail=error.strerror or str(error)) from error
    return None


async def check_open_files() -> str | None:
    """Raises `SelfCheckError` when this process may open too few files."""
    if sys.platform == "win32":  # It has no such limit.
        return None
    import resource

    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < _FILES:
        raise SelfCheckError(f"A process may open {most} files here, {_FILES} are needed. Raise it: ulimit -n {_FILES}")
    return None


async def check_private(paths: Sequence[Path]) -> None:
    """Raises `SelfCheckError` for what other users of the machine can read."""
    loose = await asyncio.to_thread(open_to_others, paths)
    if loose:
        names = " ".join(map(str, loose))
        raise SelfCheckError(f"Other users of this machine may read this. Take it from them: chmod go= {names}")


async def check_room(folder: Path) -> str | None:
    """How much is free where `folder` is, or will be. Raises `SelfCheckError` when that is next to nothing."""
    there = next(part for part in (folder, *folder.parents) if part.exists())
    free = (await asyncio.to_thread(shutil.disk_usage, there)).free
    if free < _FREE_BYTES:
        raise SelfCheckError(f"Only {free // 1_000_000} MB are free where {folder} is. Make room there.")
    return f"{free // 1_000_000} MB are free"
