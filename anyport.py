"""The command `anyport`, and the application for ASGI servers, also beside a package of the user that is called `app`.

Python finds one package of a name. Here it is Anyport's own, beside this file, wherever another one comes first.
"""

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from litestar import Litestar


def main() -> None:
    """Run the command line."""
    _import_package(Path(__file__).resolve().with_name("app"))
    from app.__main__ import main as run

    run()


def create() -> "Litestar":
    """Build the application for the environment of this process: `uvicorn anyport:create --factory`."""
    _import_package(Path(__file__).resolve().with_name("app"))
    from app.asgi import create as build

    return build()


def _import_package(folder: Path) -> None:
    spec = importlib.util.spec_from_file_location("app", folder / "__init__.py")
    if spec is None or spec.loader is None:
        raise ImportError(f"there is no package in {folder}")
    package = sys.modules["app"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(package)
