"""Who may import whom, and what importing does: nothing."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import grimp
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

from tests.server import FROM_HERE, ROOT

# Imports every module of `app` under an audit hook and prints what was done besides.
PROBE = """
import importlib, json, os, pkgutil, sys, threading

STARTS = {"subprocess.Popen", "os.system", "os.mkdir", "os.remove", "os.rename"}
done = []
start_thread = threading.Thread.start

def start(thread):
    done.append(["thread", repr(thread)])
    start_thread(thread)

threading.Thread.start = start

def watch(event, arguments):
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    starts = event.startswith("socket.") or event in STARTS
    if writes or starts:
        done.append([event, repr(arguments)])

sys.addaudithook(watch)
import app

names = [module.name for module in pkgutil.walk_packages(app.__path__, "app.")]
for name in names:
    importlib.import_module(name)
print(json.dumps({"imported": names, "done": done, "litellm": "litellm" in sys.modules}))
"""


async def import_everything(folder: Path) -> dict[str, Any]:
    """What importing every module did in a process with an empty environment."""
    probe = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-B", "-c", FROM_HERE + PROBE, cwd=folder, env={}, stdout=PIPE, stderr=PIPE
    )
    printed, complaints = await probe.communicate()
    assert probe.returncode == 0, complaints.decode()
    report: dict[str, Any] = json.loads(printed)
    return report


def test_the_contracts_of_pyproject_hold() -> None:
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == EXIT_STATUS_SUCCESS


def test_the_domain_knows_the_standard_library_and_msgspec_only() -> None:
    graph = grimp.build_graph("app", include_external_packages=True, cache_dir=None)
    modules = {"app.environment", "app.domain", *graph.find_descendants("app.domain")}
    assert len(modules) > 5
    known = set[str]().union(*(graph.find_modules_directly_imported_by(module) for module in modules))
    strangers = {name.partition(".")[0] for name in known if not name.startswith("app.")} - sys.stdlib_module_names
    assert strangers == {"msgspec"}


async def test_importing_every_module_does_nothing_else_and_leaves_litellm_alone(tmp_path: Path) -> None:
    report = await import_everything(tmp_path)
    assert {"app.bootstrap", "app.asgi", "app.__main__", "app.adapters.providers.litellm.plugin"} <= set(
        report["imported"]
    )
    assert report["done"] == []
    assert not report["litellm"]
