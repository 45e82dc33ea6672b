"""What the function of an exported workflow takes, made from a message, and what its module must have."""

from dataclasses import dataclass
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest
from agents import Agent, CodeInterpreterTool, FileSearchTool, HostedMCPTool, Tool, WebSearchTool, function_tool
from agents.testing import ScriptedModel
from pydantic import BaseModel

from app.adapters.agents_sdk.loading.loader import load_assistant
from app.adapters.brought.forms import FORMS
from app.adapters.brought.workflow_check import workflow_problems
from app.adapters.brought.workflow_input import WrongInputError, input_maker
from app.application.conversation.model_catalog import ModelCatalog
from app.domain.errors import AssistantError
from tests.integration.test_runner import ONE, OneModel


class Exported(BaseModel):
    """As Agent Builder writes it."""

    input_as_text: str


class WithState(Exported):
    """A field more that no message fills."""

    order: str


@dataclass
class Plain:
    """A dataclass."""

    input_as_text: str


async def exported(workflow_input: Exported) -> None: ...
async def untyped(workflow_input): ...  # type: ignore[no-untyped-def]
async def text(workflow_input: str) -> None: ...
async def mapping(workflow_input: dict[str, Any]) -> None: ...
async def plain(workflow_input: Plain) -> None: ...
async def state(workflow_input: WithState) -> None: ...


@pytest.mark.parametrize("function", [exported, untyped, plain])
def test_an_input_has_the_message_as_text(function: Any) -> None:
    assert input_maker(function)("hi").input_as_text == "hi"


def test_an_input_may_be_a_text_or_a_mapping() -> None:
    assert input_maker(text)("hi") == "hi"
    assert input_maker(mapping)("hi") == {"input_as_text": "hi"}


def test_an_input_that_a_message_cannot_fill_is_named() -> None:
    with pytest.raises(WrongInputError, match="order"):
        input_maker(state)


@function_tool(needs_approval=True)
def pay() -> str:
    """Pay."""
    return "paid"


TOOLS: list[Tool] = [
    WebSearchTool(),
    FileSearchTool(vector_store_ids=["vs_1"]),
    CodeInterpreterTool(tool_config={"type": "code_interpreter", "container": {"type": "auto"}}),
    HostedMCPTool(tool_config={"type": "mcp", "server_label": "a", "server_url": "https://mcp.example.com"}),
]


def test_hosted_tools_and_models_that_this_server_has_not_are_named() -> None:
    agents = {
        "asker": Agent[Any](name="Asker", tools=TOOLS),
        "payer": Agent[Any](name="Payer", tools=[pay]),
        "writer": Agent[Any](name="Writer", model="gpt-4.1"),
    }
    run_workflow = FunctionType(exported.__code__, agents, "run_workflow")
    found = workflow_problems(run_workflow, ModelCatalog({"scripted": OneModel(ScriptedModel([]))}, ONE))
    for kind in ("web_search", "file_search", "code_interpreter", "mcp"):
        assert any(kind in problem and "Asker" in problem for problem in found), (kind, found)
    assert any("approval" in problem and "Payer" in problem for problem in found)
    assert any("MODEL_ALIASES=gpt-4.1=" in problem and "Writer" in problem for problem in found)


def test_a_missing_package_of_guardrails_is_named_by_its_own_name(tmp_path: Path) -> None:
    (tmp_path / "guarded_flow.py").write_text("from guardrails.runtime import load_config_bundle\n")
    with pytest.raises(AssistantError, match="openai-guardrails"):
        load_assistant(f"{tmp_path}/guarded_flow.py:run_workflow", FORMS)
