"""Private files: this process creates folders as 0700 and files as 0600, despite the umask it inherited."""

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import structlog

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO

log = structlog.get_logger(__name__)


def keep_private() -> None:
    """Set the umask so that other users cannot read new files, also those of child processes."""
    os.umask(_OTHERS)


def tighten(paths: Iterable[Path]) -> None:
    """Remove the rights of other users to existing `paths`; a path that another user owns is logged and left."""
    for path in open_to_others(paths):
        try:
            path.chmod(path.stat().st_mode & ~_OTHERS)
        except OSError as error:
            log.warning("file readable by other users", path=str(path), reason=error.strerror)


def open_to_others(paths: Iterable[Path]) -> Iterable[Path]:
    """Existing `paths` to which other users of the machine have any right."""
    return [path for path in paths if _mode(path) & _OTHERS]


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except OSError:
        return 0
