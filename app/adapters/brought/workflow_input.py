"""Workflow input: what the function of an exported workflow takes, made from the user's message."""

import inspect
from collections.abc import Callable
from typing import Any, get_type_hints

from pydantic import BaseModel, ValidationError

FIELD = "input_as_text"


class WorkflowInput(BaseModel):
    """The input of a function that says nothing of its type."""

    input_as_text: str


class WrongInputError(Exception):
    """The function takes an input that a chat's message cannot fill; the text says which field is missing."""


def input_maker(function: Callable[..., Any]) -> Callable[[str], Any]:
    """Return what makes the input of `function` from a text. Raises `WrongInputError`."""
    parameter = next(iter(inspect.signature(function).parameters.values()))
    kind = _annotation(function, parameter.name)
    if kind is str:
        return str
    if kind is dict or getattr(kind, "__origin__", None) is dict:
        return lambda text: {FIELD: text}
    make: Callable[..., Any] = kind if inspect.isclass(kind) and kind is not object else WorkflowInput
    _try(make, parameter.name)
    return lambda text: make(**{FIELD: text})


def _annotation(function: Callable[..., Any], name: str) -> Any:
    try:
        return get_type_hints(function).get(name)
    except NameError as error:
        raise WrongInputError(f"the type of {name} is unknown: {error}") from error


def _try(make: Callable[..., Any], name: str) -> None:
    problem = f"{name}: a message fills {FIELD} alone, and {make.__name__} refuses that"
    try:
        make(**{FIELD: ""})
    except ValidationError as error:
        wrong = ", ".join(".".join(map(str, one["loc"])) or one["msg"] for one in error.errors())
        raise WrongInputError(f"{problem} ({wrong}). Give the others a default.") from error
    except TypeError as error:
        raise WrongInputError(f"{problem}: {error}") from error
