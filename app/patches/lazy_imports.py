"""Packages whose names are fetched when they are asked for, instead of all when the package is imported.

The `__init__` of a large library imports everything so that users may write `from library import Thing`. Read as a
list of where things are, it serves the same names one by one.
"""

import ast
import sys
from collections.abc import Collection, Mapping, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec
from types import ModuleType
from typing import Any, NamedTuple, Protocol, cast


class Place(NamedTuple):
    """Where a package's name comes from: an attribute of a module."""

    module: str
    attribute: str


class _SourceLoader(Protocol):
    def get_source(self, fullname: str) -> str | None: ...

    def create_module(self, spec: ModuleSpec) -> ModuleType | None: ...

    def exec_module(self, module: ModuleType) -> None: ...


def make_lazy(packages: Collection[str]) -> None:
    """From now on `packages` are imported this way; those that are imported already stay as they are.

    A name that no import of the package's `__init__` explains makes the package run as a whole, as it would have.
    """
    sys.meta_path.insert(0, _Finder(packages))


def places(package: str, source: str) -> Mapping[str, Place]:
    """Every name that the `__init__` of `package` imports without a condition, and from where."""
    found: dict[str, Place] = {}
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.ImportFrom):
            module = _absolute(package, statement)
            found |= {alias.asname or alias.name: Place(module, alias.name) for alias in statement.names}
    return found


class _Finder(MetaPathFinder):
    def __init__(self, packages: Collection[str]) -> None:
        self._packages = packages

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in self._packages:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and hasattr(spec.loader, "get_source"):
            spec.loader = _LazyLoader(cast(_SourceLoader, spec.loader))
        return spec


class _LazyPackage(ModuleType):
    """Keeps a name for what the package means by it, when a module of that name is imported and Python sets that."""

    __places__: Mapping[str, Place]

    def __setattr__(self, name: str, value: object) -> None:
        meant = self.__places__.get(name, Place(self.__name__, name))
        if meant == Place(self.__name__, name) or value is not sys.modules.get(f"{self.__name__}.{name}"):
            super().__setattr__(name, value)


class _LazyLoader(Loader):
    def __init__(self, real: _SourceLoader) -> None:
        self._real = real

    def get_source(self, fullname: str) -> str | None:
        return self._real.get_source(fullname)

    def exec_whole(self, module: ModuleType) -> None:
        """Run the package as it would have run."""
        vars(module).pop("__getattr__", None)
        self._real.exec_module(module)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._real.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        own = vars(module)
        own["__places__"] = known = places(module.__name__, self._real.get_source(module.__name__) or "")
        module.__class__ = _LazyPackage

        def fetch(name: str) -> Any:
            if name in known:
                own[name] = value = _at(known[name], module.__name__)
                return value
            if _is_module(submodule := f"{module.__name__}.{name}"):
                return import_module(submodule)
            if name == "__all__" or not name.startswith("__"):
                self.exec_whole(module)
            if name in own:
                return own[name]
            raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")

        own["__getattr__"] = fetch


def _absolute(package: str, statement: ast.ImportFrom) -> str:
    # A package is its own first level: `from .` in it means itself.
    above = package.split(".")[: len(package.split(".")) - statement.level + 1] if statement.level else []
    return ".".join([*above, *([statement.module] if statement.module else [])])


def _at(place: Place, package: str) -> Any:
    if place.module == package:
        return import_module(f"{package}.{place.attribute}")
    module = import_module(place.module)
    try:
        return getattr(module, place.attribute)
    except AttributeError:
        return import_module(f"{place.module}.{place.attribute}")


def _is_module(name: str) -> bool:
    return find_spec(name) is not None
