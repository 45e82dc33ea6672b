"""Examples, and the code in the docs, import names of Anyport that exist: a module that moves takes them along."""

import ast
import importlib
import re
from collections.abc import Iterator

import pytest

from tests.server import ROOT

BLOCK = re.compile(r"^```(?:py|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
OWN = "app"


def sources() -> Iterator[tuple[str, str]]:
    """Each example, and each block of Python in the docs, with the place where it is."""
    for file in sorted((ROOT / "examples").rglob("*.py")):
        yield str(file.relative_to(ROOT)), file.read_text()
    for page in PAGES:
        for number, block in enumerate(BLOCK.findall(page.read_text()), start=1):
            yield f"{page.relative_to(ROOT)}, block {number}", block


def missing(source: str) -> list[str]:
    """The names of Anyport that a source imports and that do not exist."""
    wanted = [*imported(ast.parse(source))]
    return [".".join(filter(None, (module, name))) for module, name in wanted if not exists(module, name)]


def imported(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Modules of Anyport, each with the name that is imported from it, or an empty one."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from ((alias.name, "") for alias in names if alias.name.partition(".")[0] == OWN)
            case ast.ImportFrom(module=str(module), names=names) if module.partition(".")[0] == OWN:
                yield from ((module, alias.name) for alias in names)


def exists(module: str, name: str) -> bool:
    """True when the module can be imported, and has the name or a module of that name."""
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError:
        return False
    return not name or hasattr(found, name) or exists(f"{module}.{name}", "")


SOURCES = dict(sources())


def test_there_are_examples_and_blocks() -> None:
    assert any(place.startswith("examples/") for place in SOURCES)
    assert any(place.startswith("docs/extending/") for place in SOURCES)


@pytest.mark.parametrize("place", SOURCES)
def test_what_an_example_imports_exists(place: str) -> None:
    assert missing(SOURCES[place]) == []


@pytest.mark.parametrize(
    "source",
    [
        "import app.no_such_room",
        "from app.no_such_room import thing",
        "from app.domain.model_ref import NoSuchName",
        "from app.domain import no_such_module",
        "def f():\n    from app.domain.model_ref import NoSuchName",
    ],
)
def test_a_name_that_is_gone_is_found(source: str) -> None:
    assert len(missing(source)) == 1


def test_names_that_exist_are_accepted() -> None:
    assert (
        missing("import json, app.domain\nfrom app.domain import model_ref\nfrom app.domain.model_ref import ModelRef")
        == []
    )
