"""Forms of brought code: the table that the loader asks, in order."""

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any, Final, get_origin, get_type_hints

from app.adapters.agents_sdk.loading.forms import Form


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


def is_server(found: Any) -> bool:
    """Return True for a `ChatKitServer`: an instance, a class, or a function that makes one of a `store`."""
    if not inspect.isclass(found) and _is_server_class(type(found)):
        return True
    if inspect.isclass(found):
        return _is_server_class(found) and not inspect.isabstract(found) and _is_made(found)
    return inspect.isfunction(found) and not is_async(found) and _is_made(found) and _makes_server(found)


def _is_server_class(kind: type) -> bool:
    """True for a subclass of `ChatKitServer`, by name: this server does without the import of that module."""
    bases = ((base.__module__, base.__qualname__) for base in inspect.getmro(kind))
    return ("chatkit.server", "ChatKitServer") in bases


def _is_made(code: Callable[..., Any]) -> bool:
    """True for a class or a function that needs at most a `store` and an `attachment_store`."""
    optional = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return all(
        name in {"store", "attachment_store"} or parameter.default is not parameter.empty or parameter.kind in optional
        for name, parameter in inspect.signature(code).parameters.items()
    )


def _makes_server(function: Callable[..., Any]) -> bool:
    """True for a function that takes a store, or that says that it returns a `ChatKitServer`."""
    try:
        returned = get_type_hints(function).get("return")
    except (NameError, TypeError):  # an annotation that names nothing
        returned = None
    returned = get_origin(returned) or returned
    says = inspect.isclass(returned) and _is_server_class(returned)
    return says or "store" in inspect.signature(function).parameters


def is_workflow(found: Any) -> bool:
    """Return True for `async def run_workflow(workflow_input)`, as Agent Builder exports it."""
    return inspect.iscoroutinefunction(found) and takes(found, 1) and not takes(found, 0)


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
    Form(
        words="a ChatKitServer (its class, an instance, or a function that makes one of a store)",
        keeps=_KEEPS,
        fits=is_server,
        runner="app.adapters.brought.chatkit_server:ChatKitServerRunner",
    ),
    Form(
        words="async def run_workflow(workflow_input)",
        keeps=(
            *_KEEPS,
            "the conversation so far, calls of tools included, before each run that begins with the message",
        ),
        fits=is_workflow,
        runner="app.adapters.brought.workflow:WorkflowRunner",
        check="app.adapters.brought.workflow_check:workflow_problems",
    ),
)
"""All forms; the first that fits is used."""
