"""The documentation names what exists."""

import re
from pathlib import Path

import click
import pytest

from app.entrypoints.cli import cli
from tests.server import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
NAMED_FILE = re.compile(r"`((?:app|bench|docs|migrations|tests)/[\w./-]+)`")
NAMED_TARGET = re.compile(r"(?:`|^|… )make ([a-z-]+)", re.MULTILINE)
NAMED_COMMAND = re.compile(r"(?:python -m app|(?:`|bin/|^)anyport) ([a-z][a-z-]+)", re.MULTILINE)


def of_project(page: Path) -> str:
    """The page as it is known in the project."""
    return str(page.relative_to(ROOT))


def anchors(page: Path) -> set[str]:
    """The headings of a page, as GitHub makes anchors of them."""
    headings = HEADING.findall(page.read_text())
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=of_project)
def test_its_links_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text()):
        if "://" in link or link.startswith("mailto:"):
            continue
        path, _, anchor = link.partition("#")
        target = page if not path else (page.parent / path).resolve()
        assert target.exists(), f"{of_project(page)} links to {link}"
        assert not anchor or anchor in anchors(target), f"{of_project(page)} links to {link}"


@pytest.mark.parametrize("page", PAGES, ids=of_project)
def test_the_files_it_names_exist(page: Path) -> None:
    missing = [name for name in NAMED_FILE.findall(page.read_text()) if not (ROOT / name).exists()]
    assert not missing, f"{of_project(page)} names {missing}"


@pytest.mark.parametrize("page", PAGES, ids=of_project)
def test_the_targets_it_names_exist(page: Path) -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    unknown = set(NAMED_TARGET.findall(page.read_text())) - set(targets)
    assert not unknown, f"{of_project(page)} names {unknown}"


@pytest.mark.parametrize("page", PAGES, ids=of_project)
def test_the_commands_it_names_exist(page: Path) -> None:
    unknown = set(NAMED_COMMAND.findall(page.read_text())) - set(cli.list_commands(click.Context(cli)))
    assert not unknown, f"{of_project(page)} names {unknown}"
