"""Assistant fields: the mistakes in an `Assistant`'s own fields and in its start screen."""

import inspect
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, get_type_hints

from agents import Agent

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.assistant_checks.action_functions import action_problems
from app.adapters.agents_sdk.assistant_checks.agent_fields import part_problems
from app.adapters.agents_sdk.assistant_checks.findings import wrong_fields
from app.adapters.agents_sdk.assistant_checks.hints import mismatches
from app.adapters.agents_sdk.assistant_checks.icons import icon_problem
from app.adapters.agents_sdk.assistant_checks.values import described
from app.domain.model_ref import ModelRef
from app.domain.start_screen import Prompt, StartScreen


@cache
def hints_of(kind: type) -> Mapping[str, Any]:
    """Return the types of a struct's fields, by the field's name."""
    return get_type_hints(kind)


def fits(assistant: Assistant, field: str) -> bool:
    """True when the value of a field has its type."""
    return not any(mismatches(getattr(assistant, field), hints_of(type(assistant))[field]))


def assistant_problems(assistant: Assistant) -> Iterator[str]:
    """Yield a sentence for each wrong field, apart from those of agents."""
    yield from wrong_fields(assistant, hints_of(type(assistant)), "")
    if isinstance(assistant.tools, list | tuple):
        for number, tool in enumerate(assistant.tools):
            yield from part_problems(tool, f"tools[{number}].")
    if isinstance(assistant.model, ModelRef):
        yield from wrong_fields(assistant.model, hints_of(ModelRef), "model.")
    if isinstance(assistant.start, StartScreen):
        yield from _start_problems(assistant.start)
    if inspect.isgeneratorfunction(assistant.context) or inspect.isasyncgenfunction(assistant.context):
        yield f"context is {described(assistant.context)} that yields, expected one that returns the context."
    yield from action_problems(assistant)
    yield from _missing(assistant)


def _start_problems(start: StartScreen) -> Iterator[str]:
    yield from wrong_fields(start, hints_of(StartScreen), "start.")
    for number, prompt in enumerate(start.prompts if isinstance(start.prompts, list | tuple) else ()):
        if isinstance(prompt, Prompt):
            yield from wrong_fields(prompt, hints_of(Prompt), f"start.prompts[{number}].")
            yield from icon_problem(prompt.icon, f"start.prompts[{number}].icon")


def _missing(assistant: Assistant) -> Iterator[str]:
    if assistant.agent is None:
        instructions: Any = assistant.instructions
        if isinstance(instructions, str) and not instructions:
            yield "instructions: the assistant has neither instructions nor an agent. Give it one of the two."
    elif assistant.instructions and isinstance(assistant.agent, Agent):
        yield "instructions: the assistant has an agent too. Write them into the agent."
