"""Aliased import: a file or package of the user under a module name that is not its own.

Python finds one module for a name. A user's `app` or `agents` has the name of a package that runs here already.
"""

import sys
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType


def import_as(alias: str, place: Path, *below: str) -> ModuleType:
    """Import the file or package at `place` as `alias`, once, and return it, or its module `below`.

    Raises whatever the module raises.
    """
    if alias not in sys.modules:
        package = place.is_dir()
        file = place / "__init__.py" if package else place
        spec = spec_from_file_location(alias, file, submodule_search_locations=[str(place)] if package else None)
        if spec is None or spec.loader is None:
            raise ImportError(f"{file} is no Python file")
        module = sys.modules[alias] = module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[alias]
            raise
    return import_module(".".join([alias, *below]))
