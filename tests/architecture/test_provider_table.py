"""The table of docs/providers.md equals the results of each provider's tests."""

import re
from pathlib import Path
from types import ModuleType

import pytest

from tests.contracts import test_demo_provider, test_litellm, test_model_provider

ROOT = Path(__file__).parent.parent.parent
COLUMNS: dict[str, tuple[object, ...]] = {
    "Gemini": (test_model_provider.TestGemini, test_model_provider.TestGemini3),
    "OpenAI": (test_model_provider.TestOpenAIResponses, test_model_provider.TestOpenAIReasoning),
    "Chat completions elsewhere": (test_model_provider.TestOpenAIChat,),
    "LiteLLM": tuple(value for name, value in vars(test_litellm).items() if name.startswith("Test")),
    "Demo": (test_demo_provider,),
}


def rows() -> list[list[str]]:
    lines = (ROOT / "docs" / "providers.md").read_text().splitlines()
    tables = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    [head] = [index for index, cells in enumerate(tables) if cells[1:-1] == list(COLUMNS)]
    return tables[head + 2 :]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_a_cell_says_yes_where_there_is_a_test(row: list[str]) -> None:
    tests = re.findall(r"`(test_\w+)`", row[-1])
    assert tests
    for cell, (column, subjects) in zip(row[1:-1], COLUMNS.items(), strict=True):
        held = [any(hasattr(subject, test) for test in tests) for subject in subjects]
        assert held, f"{column} has no tests"
        assert all(held) == any(held) == (cell == "yes"), f"{column}: {row[0]}"


def test_each_column_names_a_provider() -> None:
    assert isinstance(COLUMNS["Demo"][0], ModuleType)
    assert len(COLUMNS["LiteLLM"]) >= 4
