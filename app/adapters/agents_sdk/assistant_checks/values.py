"""Values in words: the kind of a wrong value, never the value itself, which may be secret."""

import inspect
from typing import Any, get_origin

from agents import Agent


def described(value: Any) -> str:
    """Return the kind of `value`, with its name where it has one of its own."""
    if value is None:
        return "None"
    if is_class(value):
        return f"the class {getattr(value, '__name__', type(value).__name__)}"
    if is_function(value):
        kind = "async function" if inspect.iscoroutinefunction(value) else "function"
        return f"the {kind} {value.__name__}" if value.__name__.isidentifier() else f"a {kind}"
    if inspect.ismodule(value):
        return f"the module {value.__name__}"
    if isinstance(value, Agent):
        name: Any = value.name
        return f"agent “{name}”" if isinstance(name, str) else "an agent without a name"
    return with_article("text" if isinstance(value, str) else type(value).__name__)


def with_article(noun: str) -> str:
    """Return the noun behind “a” or “an”."""
    return f"{'an' if noun[:1].lower() in 'aeio' else 'a'} {noun}"


def is_function(value: Any) -> bool:
    """True for a function or method, also for a lambda."""
    return inspect.isfunction(value) or inspect.ismethod(value) or inspect.isbuiltin(value)


def counted_parameters(function: Any) -> str:
    """Return how many arguments a function takes, in words."""
    count = len(inspect.signature(function).parameters)
    return f"{count} argument{'s' * (count != 1)}"


def is_class(value: Any) -> bool:
    """True for a class, also for one with parameters, such as `AgentHooks`."""
    return inspect.isclass(value) or get_origin(value) is not None
