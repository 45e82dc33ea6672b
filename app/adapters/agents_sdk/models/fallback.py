"""Fallback model: tries several models in order, and skips those with an open circuit breaker."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, MutableSequence, Sequence
from contextlib import aclosing
from typing import Any, cast

import msgspec
import structlog
from agents import Model, ModelResponse
from agents.items import TResponseStreamEvent

from app.domain.hosted_items import approves_call
from app.domain.model_ref import ModelRef
from app.ports.model_provider import FailureKind, ModelError

log = structlog.get_logger(__name__)

FALLBACK_FAILURES: frozenset[FailureKind] = frozenset(
    {"rate_limited", "no_quota", "overloaded", "network", "timeout", "empty", "protocol", "bad_key", "model_not_found"}
)
"""Failures after which another model may succeed. A refused or too long text would fail there as well."""

_PREAMBLE = frozenset({"response.created", "response.in_progress", "response.queued"})
"""Events that come before any part of the answer."""


class CircuitBreakers:
    """A circuit breaker for each model: after `threshold` failures in a row it stays open for `open_seconds`.

    `clock` returns seconds.
    """

    def __init__(
        self, *, threshold: int = 3, open_seconds: float = 30.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._threshold = threshold
        self._open_seconds = open_seconds
        self._clock = clock
        self._failures: dict[ModelRef, int] = {}
        self._open_until: dict[ModelRef, float] = {}

    def record_failure(self, ref: ModelRef) -> None:
        """Count a failure of the model, and open its breaker at the threshold."""
        self._failures[ref] = self._failures.get(ref, 0) + 1
        if self._failures[ref] >= self._threshold:
            self._open_until[ref] = self._clock() + self._open_seconds
            log.warning("circuit breaker opened", model=str(ref), seconds=self._open_seconds)

    def record_success(self, ref: ModelRef) -> None:
        """Close the model's breaker and forget its failures."""
        self._failures.pop(ref, None)
        self._open_until.pop(ref, None)

    def usable(self, refs: Sequence[ModelRef]) -> Sequence[ModelRef]:
        """Return the models whose breaker is closed, in order; all of them if every breaker is open."""
        now = self._clock()
        return [ref for ref in refs if self._open_until.get(ref, 0.0) <= now] or refs


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One request to one model; `failure` is None for a success."""

    ref: ModelRef
    failure: FailureKind | None = None


class FallbackModel(Model):
    """Tries its candidates in order; `attempts`, which models of one run may share, collects the requests in order.

    A failure after the first part of an answer is final: a second answer would follow the first in one message.
    """

    def __init__(
        self,
        candidates: Sequence[ModelRef],
        open_model: Callable[[ModelRef], Model],
        breakers: CircuitBreakers,
        attempts: MutableSequence[Attempt] | None = None,
    ):
        self.attempts: MutableSequence[Attempt] = [] if attempts is None else attempts
        self._candidates = candidates
        self._open_model = open_model
        self._breakers = breakers

    async def get_response(self, *args: Any, **kwargs: Any) -> ModelResponse:
        """Request one response from the first usable candidate, without a fallback."""
        return await self._open_model(self._breakers.usable(self._candidates)[0]).get_response(*args, **kwargs)

    async def stream_response(self, *args: Any, **kwargs: Any) -> AsyncGenerator[TResponseStreamEvent, None]:
        """Stream the first answer that starts. Raises the last candidate's `ModelError` if all of them fail."""
        candidates = self._breakers.usable(self._candidates)
        if len(args) > 1 and not isinstance(args[1], str) and approves_call(args[1]):
            candidates = candidates[:1]  # The call may be made although its request fails.
        for position, ref in enumerate(candidates, start=1):
            started = False
            preamble: list[TResponseStreamEvent] = []  # Held back, because a fallback would send it again.
            try:
                stream = self._open_model(ref).stream_response(*args, **kwargs)
                async with aclosing(cast(AsyncGenerator[TResponseStreamEvent, None], stream)) as events:
                    async for event in events:
                        preamble.append(event)
                        started = started or event.type not in _PREAMBLE
                        while started and preamble:
                            yield preamble.pop(0)
            except (asyncio.CancelledError, GeneratorExit):
                self.attempts.append(Attempt(ref=ref, failure="interrupted"))
                raise
            except ModelError as error:
                self.attempts.append(Attempt(ref=ref, failure=error.kind))
                if error.kind in FALLBACK_FAILURES:
                    self._breakers.record_failure(ref)
                if started or position == len(candidates) or error.kind not in FALLBACK_FAILURES:
                    raise
                log.warning(
                    "fallback model chosen",
                    model=str(ref),
                    kind=error.kind,
                    actor=error.actor,
                    detail=error.detail,
                    next=str(candidates[position]),
                )
            else:
                self.attempts.append(Attempt(ref=ref))
                self._breakers.record_success(ref)
                return
