"""Lazy package imports: names of a package are imported when they are used, instead of all with the package.

The `__init__` of a large library imports everything so that users may write `from library import Thing`. Read as a
table of where names are defined, it serves the same names one by one. A package falls back to its whole `__init__`
for a name that the table lacks, and for code that reads its namespace as a dictionary: `vars(package)`, `dir(package)`.
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


class Export(NamedTuple):
    """The origin of a package's name: an attribute of a module."""

    module: str
    attribute: str


class _SourceLoader(Protocol):
    def get_source(self, fullname: str) -> str | None: ...

    def create_module(self, spec: ModuleSpec) -> ModuleType | None: ...

    def exec_module(self, module: ModuleType) -> None: ...


def make_lazy(packages: Collection[str]) -> None:
    """Import `packages` lazily from now on; packages that are imported already stay as they are."""
    sys.meta_path.insert(0, _Finder(packages))


def fits() -> bool:
    """True when a lazy package of the Agents SDK, our largest, explains the names that every start uses."""
    spec = PathFinder.find_spec("agents")
    if spec is None or not hasattr(spec.loader, "get_source"):
        return False
    source = cast(_SourceLoader, spec.loader).get_source("agents") or ""
    return exports("agents", source).keys() >= {"Agent", "Runner", "FunctionTool", "RunContextWrapper"}


def is_whole(package: ModuleType) -> bool:
    """True when the `__init__` of a package has run."""
    return not isinstance(package, _LazyPackage)


def exports(package: str, source: str) -> Mapping[str, Export]:
    """Every name that the `__init__` of `package` imports without a condition, and its origin."""
    found: dict[str, Export] = {}
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.ImportFrom):
            module = _absolute(package, statement)
            found |= {alias.asname or alias.name: Export(module, alias.name) for alias in statement.names}
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
    """A package whose `__init__` has not run."""

    __exports__: Mapping[str, Export]

    def __setattr__(self, name: str, value: object) -> None:
        """Keep an exported name when Python sets a submodule of the same name."""
        meant = self.__exports__.get(name, Export(self.__name__, name))
        if meant == Export(self.__name__, name) or value is not sys.modules.get(f"{self.__name__}.{name}"):
            super().__setattr__(name, value)

    @property
    def __dict__(self) -> dict[str, Any]:  # type: ignore[override]
        """The namespace of the whole package: `vars()` and `dir()` do not ask for single names."""
        cast(_LazyLoader, cast(ModuleSpec, self.__spec__).loader).exec_whole(self)
        return vars(self)


class _LazyLoader(Loader):
    def __init__(self, real: _SourceLoader) -> None:
        self._real = real

    def get_source(self, fullname: str) -> str | None:
        return self._real.get_source(fullname)

    def exec_whole(self, module: ModuleType) -> None:
        """Run the `__init__` of the package."""
        module.__class__ = ModuleType
        vars(module).pop("__getattr__", None)
        self._real.exec_module(module)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._real.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        own = vars(module)
        own["__exports__"] = known = exports(module.__name__, self._real.get_source(module.__name__) or "")
        module.__class__ = _LazyPackage

        def fetch(name: str) -> Any:
            if name in known:
                own[name] = value = _value(known[name], module.__name__)
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


def _value(export: Export, package: str) -> Any:
    if export.module == package:
        return import_module(f"{package}.{export.attribute}")
    module = import_module(export.module)
    try:
        return getattr(module, export.attribute)
    except AttributeError:
        return import_module(f"{export.module}.{export.attribute}")


def _is_module(name: str) -> bool:
    return find_spec(name) is not None
