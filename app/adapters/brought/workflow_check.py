"""Workflow check: what an exported workflow needs and this server cannot give, as sentences at the start."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import structlog
from agents import Agent, FunctionTool

from app.adapters.agents_sdk.assistant_checks.agents_of import agents_of
from app.adapters.agents_sdk.assistant_checks.model_needs import model_problems
from app.adapters.agents_sdk.assistant_checks.values import described
from app.adapters.brought.workflow_input import WrongInputError, input_maker
from app.application.conversation.model_catalog import ModelCatalog

log = structlog.get_logger(__name__)


def workflow_agents(function: Callable[..., Any]) -> Sequence[Agent[Any]]:
    """Return the agents that the function's module names, and those behind them; agents made later are unknown."""
    named = [value for value in _names(function).values() if isinstance(value, Agent)]
    return list({id(agent): agent for root in named for agent in agents_of(root)}.values())


def workflow_problems(function: Callable[..., Any], models: ModelCatalog) -> list[str]:
    """Return a sentence for each thing that would fail at a message; the agents' models and tools among them."""
    return list(dict.fromkeys(_problems(function, models)))


def tell_stubs(function: Callable[..., Any]) -> None:
    """Warn of an `approval_request` in the module: exported code has a stub there, which approves all by itself."""
    stub = _names(function).get("approval_request")
    if callable(stub):
        log.warning("approval_request is the module's own function: this server does not ask the user by it")


def _names(function: Callable[..., Any]) -> Mapping[str, Any]:
    """The names of the function's module."""
    names: Mapping[str, Any] = getattr(inspect.unwrap(function), "__globals__", {})
    return names


def _problems(function: Callable[..., Any], models: ModelCatalog) -> Iterator[str]:
    try:
        input_maker(function)
    except WrongInputError as error:
        yield f"{function.__name__}, {error}"
    for agent in workflow_agents(function):
        place = described(agent)
        tools = [(f"{place}, tools[{number}]", tool) for number, tool in enumerate(agent.tools)]
        yield from model_problems(agent, f"{place}, ", tools, models)
        asking = [where for where, tool in tools if isinstance(tool, FunctionTool) and tool.needs_approval]
        yield from (
            f"{where} needs approval, which a workflow cannot ask for. Serve that agent alone." for where in asking
        )
