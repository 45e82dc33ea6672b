"""What this process writes is for its own user: folders 0700 and files 0600, whatever umask it was started with."""

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import structlog

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO

log = structlog.get_logger(__name__)


def keep_private() -> None:
    """From here on nothing that the process creates can be read by others; for it and all that it starts."""
    os.umask(_OTHERS)


def tighten(paths: Iterable[Path]) -> None:
    """Take others' rights to those of `paths` that exist; one that belongs to somebody else is logged and left."""
    for path in open_to_others(paths):
        try:
            path.chmod(path.stat().st_mode & ~_OTHERS)
        except OSError as error:
            log.warning("Other users of this machine may read this", path=str(path), reason=error.strerror)


def open_to_others(paths: Iterable[Path]) -> Iterable[Path]:
    """Those of `paths` that exist and that other users of the machine have any right to."""
    return [path for path in paths if _mode(path) & _OTHERS]


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except OSError:
        return 0
