"""Tool failures: an observer hears each exception of a tool, before the tool's own failure handler hides it.

Replaces the function of `agents.tool` that calls the handler. A handler may drop the exception, so nothing later knows
its traceback.
"""

import inspect
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any, Final

from app.patches.register import TOOL_FAILURES

MODULE: Final = "agents.tool"
NAME: Final = "maybe_invoke_function_tool_failure_error_function"
INVOKER: Final = "_FailureHandlingFunctionToolInvoker"

Observer = Callable[[str, Any, Exception], None]
"""Hears the tool's name, the call's context, and the exception."""


class ObservedFailures:
    """The SDK's function, after its observer."""

    def __init__(self, own: Callable[..., Awaitable[str | None]], observer: Observer) -> None:
        self._own = own
        self.observer = observer

    async def __call__(self, *, function_tool: Any, context: Any, error: BaseException) -> str | None:
        """Report the exception, then let the tool's failure handler write the text for the model."""
        if isinstance(error, Exception):
            self.observer(function_tool.name, context, error)
        return await self._own(function_tool=function_tool, context=context, error=error)


def fits() -> bool:
    """True when the SDK has the function, with these parameters, and its invoker looks it up at each call."""
    module = import_module(MODULE)
    own, invoker = getattr(module, NAME), getattr(module, INVOKER)
    names = list(inspect.signature(own).parameters)
    return names == ["function_tool", "context", "error"] and NAME in inspect.getsource(invoker.__call__)


def apply(observer: Observer) -> None:
    """Observe the failures of all tools in this process; does nothing where the patch does not fit."""
    if TOOL_FAILURES.is_applied():
        module = import_module(MODULE)
        own = getattr(module, NAME)
        setattr(module, NAME, ObservedFailures(getattr(own, "_own", own), observer))
