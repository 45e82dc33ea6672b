"""The table in docs/agents.md has a row for each feature of the Agents SDK, and each row names tests that exist."""

import ast
import re
from functools import cache
from typing import Final

import pytest

from tests.server import ROOT

PAGE: Final = ROOT / "docs" / "agents.md"
NAMED: Final = re.compile(r"`(tests/[\w/]+\.py)::([\w:]+)`")


def rows() -> list[tuple[str, str, str]]:
    """Feature, what is said of it, and its tests."""
    _, _, rest = PAGE.read_text().partition("\n| Feature | Here | Test |\n|---|---|---|\n")
    table, _, _ = rest.partition("\n\n")
    cells = ([cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines())
    return [(feature, here, test) for feature, here, test in cells]


@cache
def names_in(path: str) -> frozenset[str]:
    """The tests of a file: functions, and methods as `Class::method`."""
    found = set()
    for node in ast.parse((ROOT / path).read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            inner = (each for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))
            found |= {f"{node.name}::{each.name}" for each in inner}
    return frozenset(found)


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_a_row_says_what_holds_and_names_its_tests(row: tuple[str, str, str]) -> None:
    feature, here, named = row
    assert feature
    assert here.endswith(".")
    tests = NAMED.findall(named)
    assert tests, f"{feature} names no test"
    assert NAMED.sub("", named).strip() == "", f"{feature} names more than tests"
    assert [f"{path}::{name}" for path, name in tests if name not in names_in(path)] == []


def test_every_feature_has_one_row() -> None:
    features = [feature for feature, _, _ in rows()]
    assert len(features) == len(set(features))
    missing = [word for word in FEATURES if not any(word in feature for feature in features)]
    assert missing == []


FEATURES: Final = (
    "`ASSISTANT`",
    "assistants that cannot work",
    "function tools",
    "`timeout` of a tool",
    "`is_enabled`",
    "`tool_choice`",
    "instructions as functions",
    "`output_type`",
    "`tool_use_behavior`",
    "hooks",
    "handoffs",
    "agents as tools",
    "models by name",
    "`ModelSettings`",
    "`REASONING_EFFORT`",
    "thoughts",
    "hosted tools",
    "generated images",
    "citations",
    "`needs_approval`",
    "approvals: MCP",
    "edited arguments",
    "crashes of tools",
    "input guardrails",
    "output guardrails",
    "guardrails of tools",
    "guardrails that crash",
    "tracing",
    "MCP servers on an agent",
    "faults of the assistant's code",
    "models that behave badly",
    "a look without a key",
    "long conversations",
)
"""Features that the page must tell of, by a part of their name."""
