"""Full disk: a small file system of its own or, where mounting is not allowed, a limit on the size of files."""

import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MEGABYTE = 1024 * 1024
PIECE = 4096


class SmallDisk:
    """Disk of 8 MB. Where mounting is not allowed, `fill` stops the files of a process from growing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        mount = ("mount", "-t", "tmpfs", "-o", "size=8m,mode=0700", "tmpfs", str(folder))
        try:
            self.mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0  # noqa: S603
        except FileNotFoundError:
            self.mounted = False

    def fill(self, pid: int) -> None:
        """Fill the disk: process `pid` cannot write any more."""
        if not self.mounted:
            largest = max(file.stat().st_size for file in self.folder.rglob("*") if file.is_file())
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
            return
        with (self.folder / "filler").open("ab", buffering=0) as filler, suppress(OSError):
            while True:
                filler.write(b"x" * PIECE)

    def free(self, pid: int) -> None:
        """Free the disk."""
        if self.mounted:
            (self.folder / "filler").unlink()
        else:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    @property
    def sentence(self) -> str:
        """Error of SQLite on the full disk."""
        return "database or disk is full" if self.mounted else "disk I/O error"


@contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk]:
    """Mount a small disk in `folder` for the length of the block. Close all open files on it before the end."""
    folder.mkdir(mode=0o700)
    disk = SmallDisk(folder)
    try:
        yield disk
    finally:
        if disk.mounted:
            subprocess.run(("umount", str(folder)), check=True)  # noqa: S603, S607
