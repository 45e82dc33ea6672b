"""Package clash: a user's own package called `app`, which is the name of Anyport's."""

import re
import sys
from collections.abc import Iterator
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
from typing import Final

import app

OWN: Final = "app"
"""Name of Anyport's package."""

HOME: Final = Path(app.__file__).resolve().parent
"""Folder of Anyport's package."""


def is_own(module: ModuleType) -> bool:
    """True for a module of Anyport."""
    return module.__name__.partition(".")[0] == OWN


def is_clash(error: BaseException) -> bool:
    """True when code looks for a part of `app` that Anyport's package of this name does not have."""
    match error:
        case ImportError():
            wanted = error.name or ""
            return wanted == OWN or wanted.startswith(f"{OWN}.")
        case AttributeError(obj=ModuleType() as module):
            return is_own(module)
    return False


def clash(missing: str) -> str:
    """Explain that Python found Anyport's package `app`, and not the user's own."""
    own = next(_other_packages(), None)
    where = f"{own} has the name of Anyport's own package, {OWN}" if own else f"{OWN} is Anyport's own package"
    return (
        f"{where}: Python looks for {missing} there, and Anyport has none. Rename your package. Or write "
        "ASSISTANT=path/to/file.py:name, and import in that file by relative names, such as: from .tools import search"
    )


def short_path(filename: str) -> str:
    """Return the path of a file, relative to the working directory where it lies below that."""
    file, here = Path(filename).resolve(), Path.cwd()
    return str(file.relative_to(here) if file.is_relative_to(here) else file)


def missing_name(error: BaseException) -> str:
    """Return the name that code looked for in Anyport's package."""
    match error:
        case ModuleNotFoundError(name=str(name)):
            return name
        case ImportError(name=str(name)):
            wanted = re.match(r"cannot import name '(\w+)'", str(error))
            return f"{name}.{wanted[1]}" if wanted else name
        case AttributeError(name=str(name), obj=ModuleType() as module):
            return f"{module.__name__}.{name}"
    return OWN


def _other_packages() -> Iterator[str]:
    """Packages and files, other than Anyport's, that an import of `app` might mean."""
    for folder in dict.fromkeys((str(Path.cwd()), *sys.path)):
        spec = PathFinder.find_spec(OWN, [folder or str(Path.cwd())])
        places = [*(spec.submodule_search_locations or ()), spec.origin] if spec is not None else []
        for place in places:
            if place and Path(place).resolve() not in {HOME, HOME / "__init__.py"}:
                yield place
