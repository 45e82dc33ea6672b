"""What the shortcut for long arguments needs of the Agents SDK, and that calls are known again by them."""

import json
from importlib import import_module
from importlib.metadata import version
from typing import Any

import pytest
from agents._tool_invocation import tool_invocation_identity

from app.adapters.agents_sdk.long_calls import LONG, MODULE, NAME, ByTheirLetters, know_by_letters

MANY = json.dumps({"rows": [{"a": 1, "b": [1, 2]}] * LONG})


def identity(arguments: Any) -> object:
    call = {"type": "function_call", "call_id": "call_1", "name": "tell", "arguments": arguments}
    return tool_invocation_identity(call)


@pytest.fixture(autouse=True)
def known_by_letters() -> None:
    know_by_letters()


def test_the_sdk_is_as_we_know_it() -> None:
    assert version("openai-agents").startswith("0.24."), "read long_calls.py again, then change this number"
    know_by_letters()
    assert isinstance(getattr(import_module(MODULE), NAME), ByTheirLetters)


def test_a_call_with_long_arguments_is_known_again_and_told_from_others() -> None:
    assert identity(MANY) == identity(str(MANY)) is not None
    assert identity(MANY) != identity(MANY + " ")
    assert identity("\ud800" * 2 * LONG) is not None, "half a character is none of its business"


def test_short_arguments_are_the_sdks_to_compare() -> None:
    assert identity('{"a":1,"b":2}') == identity('{"b": 2, "a": 1}')


def test_long_arguments_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: object, **__: object) -> object:
        raise AssertionError

    monkeypatch.setattr(import_module(MODULE).json, "loads", read)
    assert identity(MANY) is not None
