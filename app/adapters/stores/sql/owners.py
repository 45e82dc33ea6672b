"""Lock files of the processes on a SQLite database, which show whether a process is alive.

The kernel releases the lock when the process ends for any reason. Clocks and process ids, which differ between
containers, are not needed. A lock is visible on the same kernel only, so each file names its kernel. For processes on
other kernels, and on file systems without locks, leases decide.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import IO, Final

import msgspec
import structlog

try:
    import fcntl
except ImportError:  # Windows has another kind of lock.
    fcntl = None  # type: ignore[assignment]

_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")

log = structlog.get_logger(__name__)


class OwnerStates(msgspec.Struct, frozen=True, kw_only=True):
    """Owners known to be alive and owners known to be dead; the state of all others is unknown."""

    alive: Sequence[str] = ()
    dead: Sequence[str] = ()


class OwnerFiles:
    """The lock files beside one database."""

    def __init__(self, database: Path) -> None:
        self._database = database

    @asynccontextmanager
    async def alive(self, owner: str) -> AsyncIterator[None]:
        """Hold the lock of `owner` until the block ends."""
        held = await asyncio.to_thread(self._take, owner)
        try:
            yield
        finally:
            if held is not None:
                held.close()
                await asyncio.to_thread(self._path(owner).unlink, missing_ok=True)

    async def states(self, owners: Collection[str]) -> OwnerStates:
        """Find out which `owners` are alive and which are dead."""
        states = await asyncio.to_thread(lambda: {owner: _is_alive(self._path(owner)) for owner in owners})
        return OwnerStates(
            alive=[owner for owner, lives in states.items() if lives is True],
            dead=[owner for owner, lives in states.items() if lives is False],
        )

    async def remove_dead(self) -> None:
        """Delete the lock files of dead processes."""
        await asyncio.to_thread(self._remove_dead)

    def _path(self, owner: str) -> Path:
        return self._database.with_name(f"{self._database.name}-{owner}.lock")

    def _take(self, owner: str) -> IO[str] | None:
        try:
            return self._locked(owner)
        except OSError as error:
            log.warning("lock file unavailable: only leases show whether a server is alive", reason=str(error))
            return None

    def _locked(self, owner: str) -> IO[str]:
        # The file has another name until it is locked, so no process finds it unlocked and takes its owner for dead.
        new = self._path(f"{owner}.new")
        file = new.open("x")
        try:
            _lock(file)
            file.write(_kernel())
            file.flush()
            new.rename(self._path(owner))
        except OSError:
            file.close()
            new.unlink(missing_ok=True)
            raise
        return file

    def _remove_dead(self) -> None:
        for path in self._database.parent.glob(f"{self._database.name}-proc_*.lock"):
            if _is_alive(path) is False:
                path.unlink(missing_ok=True)


def _is_alive(path: Path) -> bool | None:
    """True while the owner holds the lock, False when the owner is dead, None when the state is unknown."""
    try:
        with path.open() as file:
            if file.read() != _kernel():
                return None
            _lock(file)
    except BlockingIOError:
        return True
    except (OSError, UnicodeDecodeError):
        return None
    return False


def _lock(file: IO[str]) -> None:
    """Lock `file`. Raises `BlockingIOError` when another process holds the lock, `OSError` if locks are unsupported."""
    if fcntl is None:
        raise OSError("this system has no flock")
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@cache
def _kernel() -> str:
    """Id of the kernel whose locks this process sees; each container has its own host name."""
    try:
        return _BOOT.read_text().strip()
    except OSError:
        return socket.gethostname()
