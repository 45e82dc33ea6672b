"""The tables in docs/protocol.md hold what ChatKit's types hold, no more and no less, and name tests that exist."""

import re

import pytest
from chatkit.types import ChatKitReq, ThreadItem, ThreadStreamEvent

from tests.protocol import kinds
from tests.server import ROOT

PAGE = (ROOT / "docs" / "protocol.md").read_text()
SECTIONS = {"Requests": ChatKitReq, "Events": ThreadStreamEvent, "Items": ThreadItem}
COUNTS = {"Requests": 16, "Events": 12, "Items": 11}


def rows(section: str) -> list[list[str]]:
    """The cells of a section's table, without its head."""
    _, _, rest = PAGE.partition(f"\n## {section}\n")
    text, _, _ = rest.partition("\n## ")
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


ALL = [(row[0], row) for section in SECTIONS for row in rows(section)]


@pytest.mark.parametrize("section", SECTIONS)
def test_a_table_has_every_type_once(section: str) -> None:
    named = [row[0].strip("` ") for row in rows(section)]
    assert len(named) == len(set(named)) == COUNTS[section]
    assert set(named) == kinds(SECTIONS[section])


@pytest.mark.parametrize("row", [row for _, row in ALL], ids=[name for name, _ in ALL])
def test_it_says_where_it_lives_and_which_test_shows_it(row: list[str]) -> None:
    _, what, where, test = row
    assert what
    assert (ROOT / where.strip("` ")).is_file()
    path, _, name = re.sub(r"[`|]", "", test).strip().partition("::")
    assert f"\nasync def {name}(" in (ROOT / path).read_text()
