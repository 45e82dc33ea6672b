"""Assistant loader: imports the assistant that `ASSISTANT` names."""

import inspect
from collections.abc import Sequence
from types import ModuleType
from typing import Any, Final, NamedTuple

from agents import Agent

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.assistant_checks.values import described, is_function
from app.adapters.agents_sdk.loading.forms import Brought, Form
from app.adapters.agents_sdk.loading.import_problems import import_problem, near_miss
from app.adapters.agents_sdk.loading.package_clash import clash, is_own
from app.adapters.agents_sdk.loading.source import import_source
from app.domain.errors import AssistantError

BUILT_IN: Final = {"tasks": "app.adapters.agents_sdk.builtin.task_assistant:task_assistant"}


class Named(NamedTuple):
    """An object of a module, by its name there."""

    value: Any
    module: ModuleType
    attribute: str


def load_assistant(name: str, forms: Sequence[Form] = ()) -> Assistant:
    """Return the built-in assistant of this name, or the one at `package.module:name` or `path/to/file.py:name`.

    A path is relative to the working directory; a module must be importable: installed, or in a folder of PYTHONPATH.
    An agent of the Agents SDK becomes an `Assistant` with it, and code of one of the `forms` a `Brought`. Raises
    `AssistantError`.
    """
    found = find_named(name).value
    if isinstance(found, Agent):
        return Assistant(agent=found)
    if isinstance(found, Assistant):
        return found
    if (form := next((form for form in forms if form.fits(found)), None)) is not None:
        return Brought(name=name, form=form, code=found)
    raise AssistantError(name, [_no_assistant(found, forms)])


def find_named(name: str) -> Named:
    """Return the object that `name` leads to, of whatever type. Raises `AssistantError`."""
    source, _, attribute = BUILT_IN.get(name, name).rpartition(":")
    if not source or not attribute:
        known = ", ".join(BUILT_IN)
        raise AssistantError(name, [f"expected {known} or package.module:name or path/to/file.py:name"])
    try:
        module = import_source(source)
        found = getattr(module, attribute, module)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # the operator's own module may raise anything, also to end the program
        # Not chained: a traceback would show the text of an exception of foreign code, which may hold a secret.
        raise AssistantError(name, [import_problem(error, source)]) from None
    if found is module:
        raise AssistantError(name, [_no_such_name(module, source, attribute)])
    return Named(found, module, attribute)


def _no_such_name(module: ModuleType, source: str, attribute: str) -> str:
    if is_own(module):
        return clash(f"{module.__name__}.{attribute}")
    found = [name for name, value in vars(module).items() if isinstance(value, Agent | Assistant)]
    close = near_miss(attribute, [*found, *(name for name in vars(module) if not name.startswith("_"))])
    there = f"It has {', '.join(found)}." if found else "It has neither an Agent nor an Assistant."
    return f"{source} has no {attribute}.{close} {there}"


def _no_assistant(found: Any, forms: Sequence[Form]) -> str:
    others = "".join(f", or {form.words}" for form in forms)
    text = f"it is {described(found)}, expected an Assistant or an Agent{others}."
    if inspect.isclass(found):
        return f"{text} Make an instance of it, and name that."
    if inspect.iscoroutinefunction(found) or inspect.iscoroutine(found):
        return f"{text} Nothing awaits it: let a plain function make the Agent in the module, and name its result."
    if is_function(found):
        return f"{text} Call it in the module, and name its result."
    return text
