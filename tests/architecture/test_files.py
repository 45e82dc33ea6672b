"""What every file of the server has in common."""

import ast
from pathlib import Path

import pytest

from tests.lanes import SLOW
from tests.longest_first import LONGEST as LONGEST_FILES
from tests.server import ROOT

LONGEST = 400
MODULES = sorted((ROOT / "app").rglob("*.py"))
STATIC = ROOT / "app" / "entrypoints" / "http" / "static"
PAGES = [file for kind in ("js", "css", "html") for file in STATIC.rglob(f"*.{kind}")]
SOURCES = sorted([*MODULES, *PAGES, *(ROOT / "web" / "src").rglob("*.ts")])


def of_project(file: Path) -> str:
    """The file as it is known in the project."""
    return str(file.relative_to(ROOT))


PACKAGES = [file for name in ("app", "bench", "migrations", "tests") for file in (ROOT / name).rglob("__init__.py")]


def test_a_package_says_what_belongs_there() -> None:
    assert [of_project(file) for file in PACKAGES if not ast.get_docstring(ast.parse(file.read_text()))] == []


@pytest.mark.parametrize("file", MODULES, ids=of_project)
def test_a_module_says_what_it_is(file: Path) -> None:
    assert ast.get_docstring(ast.parse(file.read_text())), f"{of_project(file)} begins without a docstring"


@pytest.mark.parametrize("file", SOURCES, ids=of_project)
def test_a_file_is_read_in_one_sitting(file: Path) -> None:
    assert len(file.read_text().splitlines()) <= LONGEST, f"{of_project(file)} has more than one reason to exist"


def test_every_file_that_begins_first_is_there() -> None:
    assert [name for name in LONGEST_FILES if not (ROOT / "tests" / name).is_file()] == []


def test_every_place_of_the_slow_lane_is_there() -> None:
    assert [place for place in SLOW if not (ROOT / "tests" / place).exists()] == []
