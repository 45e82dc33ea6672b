"""Action functions: the mistakes in the functions behind an assistant's widget actions."""

import inspect
from collections.abc import Iterator, Mapping
from typing import Any, Final

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.assistant_checks.values import counted_parameters, described, is_class, is_function
from app.application.tasks.clicks import CLICKS

_WANTED: Final = "expected an async function of 3 arguments: action, sender and context"


def action_problems(assistant: Assistant) -> Iterator[str]:
    """Yield a sentence for each action without a usable name or function."""
    actions: Any = assistant.actions
    for name, function in actions.items() if isinstance(actions, Mapping) else ():
        if not isinstance(name, str) or not name:
            yield f"actions: {described(name)} is no type of an action. Name it by a text, such as 'poll.vote'."
            continue
        place = f"actions[{name[:80]!r}]"
        if name in CLICKS and assistant.has_tasks:
            yield f"{place} is an action of the task widgets. Give it another type."
        yield from _function_problems(place, function)


def _function_problems(place: str, function: Any) -> Iterator[str]:
    if not callable(function) or is_class(function):
        yield f"{place} is {described(function)}, {_WANTED}."
        return
    if inspect.isasyncgenfunction(function):
        yield f"{place} is {described(function)}, a generator, {_WANTED}. Show things by context.stage, without yield."
        return
    if is_function(function) and not inspect.iscoroutinefunction(inspect.unwrap(function)):
        yield f"{place} is {described(function)}, {_WANTED}. Write it with async def."
        return
    try:
        inspect.signature(function).bind("action", "sender", "context")
    except TypeError:
        yield f"{place} is {described(function)} of {counted_parameters(function)}, {_WANTED}."
    except ValueError:  # a function of C without a signature
        return
