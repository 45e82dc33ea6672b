"""Places: the function, file and line of brought code, for the log."""

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

from app.adapters.agents_sdk.loading.import_problems import failure_in_code
from app.adapters.agents_sdk.loading.package_clash import short_path

Function = Callable[..., Any]


def name_of(function: Function) -> str:
    """Return the function's name, with its class."""
    while isinstance(function, partial):
        function = function.func
    return str(getattr(function, "__qualname__", type(function).__qualname__))


def place_of(function: Function, running: Any = None) -> str:
    """Return file and line of the function, or of the line at which its generator `running` is."""
    code, frame = getattr(running, "ag_code", None), getattr(running, "ag_frame", None)
    if code is not None and frame is not None:
        return f"{short_path(code.co_filename)}, line {frame.f_lineno}"
    while isinstance(function, partial):
        function = function.func
    unwrapped = inspect.unwrap(function)
    code = getattr(unwrapped, "__code__", None) or getattr(type(unwrapped).__call__, "__code__", None)
    return f"{short_path(code.co_filename)}, line {code.co_firstlineno}" if code is not None else ""


def crash_of(error: BaseException) -> str:
    """Return file and line of the user's own code that raised the error, and the error, without secrets."""
    return failure_in_code(error)
