"""Copies of the project, and the wheel that is built from one."""

import asyncio
import shutil
import sys
import zipfile
from pathlib import Path
from typing import Final

from tests.server import ROOT

BUILT: Final = ROOT / "app" / "_web" / "chatkit.js"
_NOT_COPIED: Final = shutil.ignore_patterns("__pycache__", "node_modules", "_web", "dist")


async def run(*command: str | Path, cwd: Path, path: str | None = None, code: int = 0) -> str:
    """Run a command and return its output; it must exit with `code`. `path` replaces the whole environment."""
    process = await asyncio.create_subprocess_exec(
        *map(str, command),
        cwd=cwd,
        env=None if path is None else {"PATH": path},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == code, output.decode()
    return output.decode()


def copy(folder: Path, *names: str) -> None:
    """Copy files and folders of the project, without what is built or installed in them."""
    for name in names:
        source = ROOT / name
        if source.is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, folder / name)
        else:
            shutil.copytree(source, folder / name, ignore=_NOT_COPIED)


def copy_of_wheel_sources(folder: Path) -> None:
    """Copy what a wheel is built from, except the built front end."""
    # Hatchling leaves out what git ignores, the built front end too, unless `pyproject.toml` says otherwise.
    copy(folder, "pyproject.toml", "hatch_build.py", "README.md", "LICENSE", ".gitignore", "app", "migrations")


async def unpacked_wheel(folder: Path, script: bytes) -> Path:
    """Build the wheel of a copy of the project, with `script` as the built front end, and unpack it."""
    project, site = folder / "project", folder / "site"
    copy_of_wheel_sources(project)
    (project / "app" / "_web").mkdir()
    (project / "app" / "_web" / "chatkit.js").write_bytes(script)
    await run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", project / "out", cwd=project)
    [wheel] = (project / "out").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return site
