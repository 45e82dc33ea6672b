"""Forms of brought code: the table that the loader asks, in order."""

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from app.adapters.agents_sdk.forms import Form


def takes(function: Callable[..., Any], count: int) -> bool:
    """Return True for a function that can be called with `count` arguments by position."""
    try:
        inspect.signature(function).bind(*range(count))
    except (TypeError, ValueError):  # ValueError: a builtin without a signature
        return False
    return True


def is_async(function: Any) -> bool:
    """Return True for a coroutine function or an async generator function, also of a partial or a callable object."""
    while isinstance(function, partial):
        function = function.func
    kinds = (inspect.iscoroutinefunction, inspect.isasyncgenfunction)
    called = getattr(type(function), "__call__", None)  # noqa: B004  # not whether it is callable, but its method
    return any(kind(one) for kind in kinds for one in (function, called))


def is_respond(found: Any) -> bool:
    """Return True for `async def respond(thread, item, context)`, and for a function that returns what one yields."""
    plain = (inspect.isfunction(found) or inspect.ismethod(found)) and not inspect.isgeneratorfunction(found)
    return not inspect.isclass(found) and (is_async(found) or plain) and takes(found, 3)


_KEEPS: Final = (
    "journal, resume, stop, retry, recovery, titles",
    "models, fallbacks, usage and quotas of every run of the Agents SDK inside it",
)

FORMS: Final = (
    Form(
        words="async def respond(thread, item, context)",
        keeps=_KEEPS,
        fits=is_respond,
        runner="app.adapters.brought.respond:RespondRunner",
    ),
)
"""All forms; the first that fits is used."""
