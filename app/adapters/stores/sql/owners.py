"""Which processes on a SQLite file are alive: each holds a lock on a file of its own beside the database.

The kernel lets go of the lock when the process ends, however it ends, and needs neither clocks nor process ids, which
containers have of their own. It speaks for processes on the same kernel alone, so each file names its kernel; of
processes elsewhere, and where a file system has no locks, leases alone decide.
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


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """Owners that are known to be alive, and those known to be dead; of any other nothing is known."""

    alive: Sequence[str] = ()
    dead: Sequence[str] = ()


class OwnerFiles:
    """The files of the processes on one database."""

    def __init__(self, database: Path) -> None:
        self._database = database

    @asynccontextmanager
    async def alive(self, owner: str) -> AsyncIterator[None]:
        """Hold the lock that says `owner` is alive for the length of the block."""
        held = await asyncio.to_thread(self._take, owner)
        try:
            yield
        finally:
            if held is not None:
                held.close()
                await asyncio.to_thread(self._path(owner).unlink, missing_ok=True)

    async def seen(self, owners: Collection[str]) -> Seen:
        """Which of them are alive, and which are dead."""
        states = await asyncio.to_thread(lambda: {owner: _lives(self._path(owner)) for owner in owners})
        return Seen(
            alive=[owner for owner, lives in states.items() if lives is True],
            dead=[owner for owner, lives in states.items() if lives is False],
        )

    async def tidy(self) -> None:
        """Delete the files of those that are dead: without its file a process has only its leases."""
        await asyncio.to_thread(self._tidy)

    def _path(self, owner: str) -> Path:
        return self._database.with_name(f"{self._database.name}-{owner}.lock")

    def _take(self, owner: str) -> IO[str] | None:
        try:
            return self._locked(owner)
        except OSError as error:
            log.warning("no lock beside the database: whether a server lives, leases alone tell", reason=str(error))
            return None

    def _locked(self, owner: str) -> IO[str]:
        # Under another name until it is locked: nobody finds it free, and thinks its owner dead.
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

    def _tidy(self) -> None:
        for path in self._database.parent.glob(f"{self._database.name}-proc_*.lock"):
            if _lives(path) is False:
                path.unlink(missing_ok=True)


def _lives(path: Path) -> bool | None:
    """True while its process holds it, False when that is dead, None when that cannot be known from here."""
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
    """Raises `BlockingIOError` when another has it, and `OSError` where there are no locks."""
    if fcntl is None:
        raise OSError("this system has no flock")
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@cache
def _kernel() -> str:
    """Whose locks this process sees; not the machine's name, of which each container has its own."""
    try:
        return _BOOT.read_text().strip()
    except OSError:
        return socket.gethostname()
