"""No file needs itself: imports form no circle, in Python nor in the front end."""

import ast
import re
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.server import ROOT

Graph = Mapping[str, set[str]]

_IMPORT = re.compile(r"""^(?:import|export)\b[^;"']*?["'](\.{1,2}/[^"']+)["']""", re.MULTILINE)


PACKAGES = ("app", "bench", "migrations", "tests")


def python_imports() -> Graph:
    """Every module of the project and its imports of the project, within functions and for types too."""
    paths = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    files = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in paths}
    modules = {name.removesuffix(".__init__"): path for name, path in files.items()}
    return {name: {found for found in _imported(path, modules) if found != name} for name, path in modules.items()}


def _imported(path: Path, modules: Mapping[str, Path]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom) and node.module in modules:
            below = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in modules else str(node.module) for name in below)


def typescript_imports(folder: Path) -> Graph:
    """Every file below a folder and the relative files that it imports, types included."""
    files = [*folder.rglob("*.ts"), *folder.rglob("*.tsx")]
    return {
        str(path.relative_to(folder)): {_found(path, name, folder) for name in _IMPORT.findall(path.read_text())}
        for path in files
    }


def _found(path: Path, name: str, folder: Path) -> str:
    wanted = path.parent / name
    candidates = (*(wanted.parent / f"{wanted.name}{end}" for end in (".ts", ".tsx", "")), wanted / "index.ts")
    [found] = [candidate for candidate in candidates if candidate.is_file()]
    return str(found.resolve().relative_to(folder))


@pytest.mark.parametrize("folder", ["web/src", "web/example/src"])
def test_the_front_end_has_no_circle(folder: str) -> None:
    graph = typescript_imports(ROOT / folder)
    assert any(graph.values())
    no_circle(graph)


def test_python_has_no_circle() -> None:
    graph = python_imports()
    assert len(graph) > 600
    assert "app.domain.errors" in graph["app.ports.model_provider"]
    assert "tests.server" in graph["bench.hops"]
    assert "tests.ports" in graph["tests.server"]
    no_circle(graph)


def test_a_circle_would_be_noticed() -> None:
    with pytest.raises(pytest.fail.Exception, match="one -> two -> three"):
        no_circle({"one": {"three"}, "two": {"one"}, "three": {"two"}})


def no_circle(graph: Graph) -> None:
    """Fail with the names of a circle, in the order in which they import each other."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a circle of imports: {' -> '.join(error.args[1])}")
