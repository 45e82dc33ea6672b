"""Private names of other libraries are used in `app/patches` alone."""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from functools import cache
from types import FunctionType, ModuleType

import pytest

import app
from tests.server import ROOT

PATCHES = ROOT / "app" / "patches"
MODULES = sorted(path for path in (ROOT / "app").rglob("*.py") if not path.is_relative_to(PATCHES))

FUNCTIONS = (FunctionType, staticmethod, classmethod, property)

DOCUMENTED = {"_make", "_replace", "_fields", "_asdict"}
"""Methods of named tuples, which Python documents; their names begin so that they meet no field."""


def is_private(name: str) -> bool:
    """True for `_name`; names such as `__name__` and `_name_` are for users of a library."""
    return name.startswith("_") and not name.endswith("_") and name not in DOCUMENTED


@cache
def own_names() -> frozenset[str]:
    """Every private name that a file of the application defines."""
    return frozenset(name for path in MODULES for name in defined(ast.parse(path.read_text())))


def defined(tree: ast.AST) -> Iterator[str]:
    """The names that a file gives to something."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name) | ast.alias(asname=str(name)):
                yield name
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name, ctx=ast.Store()):
                yield name


def foreign_private_names(tree: ast.AST) -> Iterator[str]:
    """Private names that a file uses and the application does not define."""
    own = {*defined(tree)}
    for node in ast.walk(tree):
        yield from private_imports(node)
        yield from private_strings(node)
        match node:
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
                if is_private(name) and name not in own_names():
                    yield name
            case ast.Attribute(attr=name) if is_private(name) and name not in own:
                yield name


def private_imports(node: ast.AST) -> Iterator[str]:
    """Private parts of the modules and names that a statement imports from libraries."""
    match node:
        case ast.Import(names=names):
            yield from (alias.name for alias in names if any(map(is_private, alias.name.split("."))))
        case ast.ImportFrom(module=str(module), names=names) if module.partition(".")[0] != "app":
            path = [*module.split("."), *(alias.name for alias in names)]
            yield from (f"{module}: {part}" for part in path if is_private(part))


def private_strings(node: ast.AST) -> Iterator[str]:
    """Private names as texts: arguments of `getattr` and the like, and paths of modules."""
    match node:
        case ast.Call(func=ast.Name(id="getattr" | "setattr" | "hasattr" | "delattr"), args=[_, name, *_]):
            if isinstance(name, ast.Constant) and is_private(str(name.value)):
                yield str(name.value)
        case ast.Constant(value=str(text)):
            parts = text.split(".")
            if len(parts) > 1 and all(map(str.isidentifier, parts)) and parts[0] != "app":
                yield from (text for part in parts if is_private(part))


def test_no_file_outside_patches_uses_a_private_name_of_a_library() -> None:
    found = {str(path.relative_to(ROOT)): [*foreign_private_names(ast.parse(path.read_text()))] for path in MODULES}
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize(
    "source",
    [
        "import aiosqlite\naiosqlite.Connection()._thread.daemon = True",
        "from litestar._openapi.plugin import OpenAPIPlugin",
        "from agents.agent import _private",
        "import agents._tool_invocation",
        "setattr(module, '_normalize_arguments', ours)",
        "getattr(module, '_conn')",
        "MODULE = 'agents._tool_invocation'",
    ],
)
def test_such_a_use_is_found(source: str) -> None:
    assert [*foreign_private_names(ast.parse(source))]


def test_nothing_outside_patches_changes_the_import_system_or_suppresses_the_check() -> None:
    for path in MODULES:
        text = path.read_text()
        for word in ("SLF001", "meta_path", "sys.modules", "path_hooks"):
            assert word not in text, f"{path.relative_to(ROOT)} has {word}"


def modules() -> Iterator[ModuleType]:
    """Every module of the application that is not in `app.patches`."""
    for module in pkgutil.walk_packages(app.__path__, "app."):
        if not module.name.startswith(("app.patches", "app.__main__")):
            yield importlib.import_module(module.name)


def private_methods(base: type) -> set[str]:
    """The private functions of a class of another library, by name."""
    if base.__module__.partition(".")[0] in {"app", "builtins"}:
        return set()
    return {name for name, value in vars(base).items() if is_private(name) and isinstance(value, FUNCTIONS)}


def written_here(kind: type, module: ModuleType) -> set[str]:
    """The functions that the source of a class defines; a metaclass may add others."""
    found = ((name, getattr(value, "__func__", value)) for name, value in list(vars(kind).items()))
    return {
        name
        for name, value in found
        if isinstance(value, FunctionType) and value.__code__.co_filename == module.__file__
    }


def test_no_class_outside_patches_overrides_a_private_method_of_a_library() -> None:
    for module in modules():
        for kind in vars(module).values():
            if inspect.isclass(kind) and kind.__module__ == module.__name__:
                inherited = set().union(*map(private_methods, kind.__mro__[1:]))
                assert not inherited & written_here(kind, module), f"{kind.__module__}.{kind.__name__}"
