"""Assistant actions: the widget actions that an `Assistant` names, each a function of its author's."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import structlog
from chatkit.actions import Action
from chatkit.errors import CustomStreamError
from chatkit.types import WidgetItem

from app.application.widgets.action_stage import ActionContext
from app.application.widgets.staged_actions import StagedActions
from app.domain.errors import AnyportError, InvalidInputError
from app.domain.language import _
from app.ports.thread_store import ThreadStore

log = structlog.get_logger(__name__)

ActionFunction = Callable[[Action[str, Any], WidgetItem | None, ActionContext], Awaitable[None]]
"""An async function of the action, the widget that sent it, and the context; it shows everything on the stage."""


class ActionCrashedError(AnyportError):
    """The function of an action failed; its author must mend it. `name` is the action's type."""

    code = "action_failed"

    def __init__(self, name: str, error: BaseException) -> None:
        text = _("This action failed. Please try again, or tell the operator.")
        super().__init__(text, detail=f"action {name}: {type(error).__name__}")
        self.name = name


class AssistantActions(StagedActions):
    """Runs the functions of an assistant's actions. A crash is logged with the action's name, and ends it alone."""

    def __init__(self, store: ThreadStore, functions: Mapping[str, ActionFunction]) -> None:
        super().__init__(store)
        self._functions = functions

    @property
    def types(self) -> Sequence[str]:
        """The types that the assistant names."""
        return tuple(self._functions)

    async def run(self, action: Action[str, object], sender: WidgetItem | None, context: ActionContext) -> None:
        """Call the function. An `AnyportError` of its own is shown to the user; raises `ActionCrashedError`."""
        function = self._functions[action.type]
        try:
            await _called(function, action, sender, context)
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise _crash(action.type, function, error) from error
        except AnyportError as error:
            if error.actor not in {"user", "model"}:
                log.warning("action failed", action=action.type, code=error.code, detail=error.detail)
            raise
        except CustomStreamError as error:  # ChatKit's own way to show a sentence to the user.
            raise InvalidInputError(error.message) from error
        except (Exception, SystemExit) as error:
            raise _crash(action.type, function, error) from error


async def _called(
    function: ActionFunction, action: Action[str, Any], sender: WidgetItem | None, context: ActionContext
) -> None:
    result: Any = function(action, sender, context)
    if not inspect.isawaitable(result):
        raise TypeError(f"the function of the action returns {type(result).__name__}. Write it with async def")
    result = await result
    if result is not None:
        raise TypeError(f"the function of the action returns {type(result).__name__}. Show it on the stage instead")


def _crash(kind: str, function: ActionFunction, error: BaseException) -> ActionCrashedError:
    log.error("action crashed", action=kind, function=_name(function), at=_place(function), exc_info=error)
    return ActionCrashedError(kind, error)


def _name(function: ActionFunction) -> str:
    name = getattr(function, "__qualname__", type(function).__name__)
    return f"{getattr(function, '__module__', '')}.{name}"


def _place(function: ActionFunction) -> str:
    """File and line of the function, which a traceback lacks when the function itself did not raise."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if code is not None else ""
