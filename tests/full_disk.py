"""A disk that can be filled: a small file system of its own, or where none may be mounted, a limit on files."""

import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MEGABYTE = 1024 * 1024
PIECE = 4096


class SmallDisk:
    """Of 8 MB. Where nothing may be mounted, `fill` stops the files of a process from growing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        mount = ("mount", "-t", "tmpfs", "-o", "size=8m,mode=0700", "tmpfs", str(folder))
        try:
            self.mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0  # noqa: S603
        except FileNotFoundError:
            self.mounted = False

    def fill(self, pid: int) -> None:
        """From here on process `pid` cannot write any more of anything."""
        if not self.mounted:
            largest = max(file.stat().st_size for file in self.folder.rglob("*") if file.is_file())
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
            return
        with (self.folder / "filler").open("ab", buffering=0) as filler, suppress(OSError):
            while True:
                filler.write(b"x" * PIECE)

    def free(self, pid: int) -> None:
        """There is room again."""
        if self.mounted:
            (self.folder / "filler").unlink()
        else:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    @property
    def sentence(self) -> str:
        """What SQLite says of it."""
        return "database or disk is full" if self.mounted else "disk I/O error"


@contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk]:
    """One in `folder`, for the length of the block; whoever has files open in it closes them first."""
    folder.mkdir(mode=0o700)
    disk = SmallDisk(folder)
    try:
        yield disk
    finally:
        if disk.mounted:
            subprocess.run(("umount", str(folder)), check=True)  # noqa: S603, S607
