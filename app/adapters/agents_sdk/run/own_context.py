"""Own context: the context type of an assistant, which its function makes from ours for each turn."""

import asyncio
import inspect
from typing import Any

from agents import RunContextWrapper
from chatkit.errors import BaseStreamError

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.assistant_checks.values import described, is_class
from app.adapters.agents_sdk.run.crashes import broken
from app.adapters.agents_sdk.tool_context import TurnContext
from app.domain.errors import AnyportError


async def make_own_context(assistant: Assistant, turn: TurnContext) -> None:
    """Set `turn.own` to what the assistant's function returns; an assistant without one costs nothing.

    Raises what the function raises for the user, and `AssistantCrashedError` when it fails or returns no context.
    """
    if assistant.context is None:
        return
    name = assistant.agent.name if assistant.agent is not None else assistant.name
    try:
        made = assistant.context(turn)
        made = await made if inspect.isawaitable(made) else made
    except (AnyportError, BaseStreamError):
        raise  # These are meant for the user.
    except asyncio.CancelledError as error:
        if (task := asyncio.current_task()) is not None and task.cancelling():
            raise
        raise broken("context", name, RuntimeError("a task that the function awaits was cancelled")) from error
    except Exception as error:
        raise broken("context", name, error) from error
    if _is_no_context(made):
        if inspect.iscoroutine(made):
            made.close()
        wrong = f"{_place(assistant.context)} returned {described(made)}, expected the object that tools read"
        raise broken("context", name, TypeError(wrong))
    turn.own = None if made is turn else made


def _is_no_context(made: Any) -> bool:
    """True for what a forgotten `return`, `await` or pair of parentheses leaves, and for the SDK's own wrapper."""
    unfinished = inspect.isawaitable(made) or inspect.isgenerator(made) or inspect.isasyncgen(made)
    return made is None or unfinished or is_class(made) or isinstance(made, RunContextWrapper)


def _place(function: Any) -> str:
    """The function with its file and line, as far as Python can tell."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    place = f" ({code.co_filename}:{code.co_firstlineno})" if code is not None else ""
    return f"{described(function)}{place}"
