"""The command `anyport`, also where a package of the user is called `app`, as Anyport's own, and comes before it."""

import importlib.util
import sys
from pathlib import Path


def main() -> None:
    """Run the command line of the package beside this file."""
    _import_package(Path(__file__).resolve().with_name("app"))
    from app.__main__ import main as run

    run()


def _import_package(folder: Path) -> None:
    spec = importlib.util.spec_from_file_location("app", folder / "__init__.py")
    if spec is None or spec.loader is None:
        raise ImportError(f"there is no package in {folder}")
    package = sys.modules["app"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(package)
