"""Code run: one run of brought code, from its call to an end that the user can read."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing
from functools import partial
from typing import Any, Final

import structlog
from chatkit.errors import CustomStreamError, StreamError
from chatkit.store import StoreItemType
from chatkit.types import ThreadStreamEvent, UserMessageItem

from app.adapters.agents_sdk.assistant_checks.values import described
from app.adapters.agents_sdk.models.fallback import CircuitBreakers
from app.adapters.agents_sdk.models.request_ledger import RequestLedger
from app.adapters.agents_sdk.nested.active_run import ActiveRun, active_run
from app.adapters.agents_sdk.nested.nesting import inside_tool
from app.adapters.agents_sdk.output.outlet import Outlet
from app.adapters.agents_sdk.run.crashes import is_in_loop, is_own_failure
from app.adapters.agents_sdk.run.effects import RunEffects
from app.adapters.agents_sdk.run.failures import error_for_user
from app.adapters.agents_sdk.run.parts import RunParts
from app.adapters.agents_sdk.tools.crashes import was_reported
from app.adapters.brought.mistakes import BroughtCodeError, Mistake
from app.adapters.brought.places import Function, crash_of, name_of, place_of
from app.adapters.brought.scoped_store import Caller, caller
from app.adapters.brought.validation import EventValidator
from app.domain.errors import AnyportError
from app.ports.agent_runner import RunReport, RunRequest

log = structlog.get_logger(__name__)

SLICE_SECONDS: Final = 0.005
"""Longest time that code may yield events without giving way to other tasks."""

STOP_SECONDS: Final = 5.0
"""Time that cancelled code has for its clean-up; then it is left behind, and the log names it."""


class CodeRun:
    """Calls `function(*arguments)` in a task of its own, and passes its events on once they are checked."""

    def __init__(
        self, parts: RunParts, breakers: CircuitBreakers, request: RunRequest, report: RunReport, function: Function
    ) -> None:
        thread, context = request.thread, request.context
        self._parts = parts
        self._request = request
        self._report = report
        self._function = function
        self._place = ""
        self._caller = Caller(parts.store, context)
        self._ledger = RequestLedger()
        self._validator = EventValidator(thread, self._caller, self._ledger.item_ids)
        self.thread = self._validator.thread

        def new_id(kind: StoreItemType) -> str:
            return parts.store.generate_item_id(kind, thread, context)

        self._outlet = Outlet(thread.id, new_id, request.delta_sink)
        report.effects = []
        self._active = ActiveRun(
            parts.models,
            breakers,
            request.model,
            self._ledger,
            parts.reasoning,
            parts.max_rounds,
            asyncio.get_running_loop(),
        )
        self._active.outlet = self._outlet
        self._active.effects = RunEffects(frozenset(), request.done, report.effects)
        self._active.done = request.done

    async def events(self, *arguments: Any) -> AsyncGenerator[ThreadStreamEvent, None]:
        """Stream the events of the code. See `AgentRunner.run`."""
        driving = asyncio.create_task(self._drive(arguments))
        driving.add_done_callback(lambda _: self._outlet.end())
        try:
            while (event := await self._outlet.next()) is not None:
                yield event
            await driving
        finally:
            driving.cancel()
            _, running = await asyncio.wait([driving], timeout=STOP_SECONDS)
            if running:
                self._log("assistant ignores its cancellation")
            elif not driving.cancelled():
                driving.exception()  # Raised above, unless the caller closed the events before.

    async def _drive(self, arguments: tuple[Any, ...]) -> None:
        active_run.set(self._active)
        inside_tool.set(True)
        caller.set(self._caller)
        failed = True
        try:
            await self._pass_on(arguments)
            self._validator.take_changes()
            failed = False
        except (GeneratorExit, KeyboardInterrupt):
            raise
        except BaseException as error:  # the operator's own code may raise anything, also to end the program
            if isinstance(error, asyncio.CancelledError) and _is_cancelled():
                self._active.cancel()
                raise
            raise self._failure(error) from error
        finally:
            if not _is_cancelled():
                self._close_items(failed=failed)
            self._complete_report()

    async def _pass_on(self, arguments: tuple[Any, ...]) -> None:
        loop, count = asyncio.get_running_loop(), 0
        async with AsyncExitStack() as opened:
            stream = await self._called(arguments)
            if hasattr(stream, "aclose"):
                await opened.enter_async_context(aclosing(stream))  # type: ignore[type-var]  # it has aclose
            since = loop.time()
            async for event in stream:
                count += 1
                if (text := self._checked_text(event, stream)) is not None:
                    self._outlet.text(*text)
                else:
                    try:
                        checked = await self._validator.checked(event)
                    except Mistake:
                        self._place = place_of(self._function, stream)
                        raise
                    self._outlet.emit(checked)
                if loop.time() - since > SLICE_SECONDS:
                    await asyncio.sleep(0)
                    since = loop.time()
        if not count and isinstance(self._request.history[-1], UserMessageItem):
            self._log("assistant yielded nothing")

    def _checked_text(self, event: Any, stream: Any) -> tuple[str, int, str] | None:
        try:
            return self._validator.text(event)
        except Mistake:
            self._place = place_of(self._function, stream)
            raise

    async def _called(self, arguments: tuple[Any, ...]) -> AsyncIterator[Any]:
        """Call the function, and await its result if it is a coroutine. Raises `Mistake` for no async iterator."""
        result = self._function(*arguments)
        if hasattr(result, "__await__"):
            result = await result
        if not hasattr(result, "__aiter__"):
            if hasattr(result, "__await__") and hasattr(result, "close"):
                result.close()  # Python would warn of a coroutine that nobody awaited.
            raise Mistake(f"returned {described(result)}, expected an async generator of ChatKit's events")
        stream: AsyncIterator[Any] = result
        return stream

    def _failure(self, error: BaseException) -> AnyportError:
        """The error for the user; one of the operator's code is logged with function, file and line."""
        match error:
            case AnyportError():
                return error
            case CustomStreamError():
                return BroughtCodeError(f"{name_of(self._function)} ended it", error.message, retry=error.allow_retry)
            case StreamError():
                return BroughtCodeError(f"{name_of(self._function)} ended it: {error.code}", retry=error.allow_retry)
            case Mistake():
                sentence = str(error)
                self._log("assistant made a mistake", mistake=sentence)
                return BroughtCodeError(f"{name_of(self._function)} ({self._where()}): {sentence}")
        if isinstance(error, Exception) and is_in_loop(error):
            known = error_for_user(error, "") if not is_own_failure(error) or error.__cause__ else None
            if isinstance(known, AnyportError):
                return known
        if was_reported(error):
            return BroughtCodeError(f"{name_of(self._function)} ({self._where()}): {type(error).__name__}")
        crash = crash_of(error)
        self._log("assistant crashed", crash=crash, exc_info=error)
        return BroughtCodeError(f"{name_of(self._function)}: {crash}")

    def _where(self) -> str:
        return self._place or place_of(self._function)

    def _log(self, event: str, **more: Any) -> None:
        log.error(event, function=name_of(self._function), place=self._where(), thread=self._outlet.thread_id, **more)

    def _close_items(self, *, failed: bool) -> None:
        for item_id in self._caller.saved:
            self._validator.open.drop(item_id)
        left = list(self._validator.open.close(failed=failed))
        if left and not failed:
            self._log("assistant left items open", items=len(left))
        for event in left:
            self._outlet.emit(event)

    def _complete_report(self) -> None:
        answered = [attempt.ref for attempt in self._ledger.nested if attempt.failure is None]
        if answered:
            author = answered[-1] if len({*answered}) == 1 else self._request.model
            self._report.provider, self._report.model = author.provider, author.model
        self._report.attempts, self._report.usage = self._ledger.attempts, self._ledger.usage
        self._ledger.close(partial(self._parts.late_usage, self._request.context))


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
