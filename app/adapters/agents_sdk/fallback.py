"""Several models as one: when the first fails before it said a word, the next one answers."""

import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Any, cast

import msgspec
import structlog
from agents import Model, ModelResponse
from agents.items import TResponseStreamEvent

from app.domain.model_ref import ModelRef
from app.ports.model_provider import FailureKind, ModelError

log = structlog.get_logger(__name__)

FALLBACK_FAILURES: frozenset[FailureKind] = frozenset(
    {"rate_limited", "no_quota", "overloaded", "network", "timeout", "empty", "protocol", "bad_key", "model_not_found"}
)
"""What another model could do better. A refused text or one that is too long would fail there as well."""

_SILENT = frozenset({"response.created", "response.in_progress", "response.queued"})


class CircuitBreakers:
    """Remembers which models keep failing; one that failed `limit` times in a row is passed over for a while."""

    def __init__(
        self, *, limit: int = 3, pause_seconds: float = 30.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit = limit
        self._pause = pause_seconds
        self._clock = clock
        self._failures: dict[ModelRef, int] = {}
        self._open_until: dict[ModelRef, float] = {}

    def failed(self, ref: ModelRef) -> None:
        """Count a failure that was the model's own."""
        self._failures[ref] = self._failures.get(ref, 0) + 1
        if self._failures[ref] >= self._limit:
            self._open_until[ref] = self._clock() + self._pause
            log.warning("model is passed over for a while", model=str(ref), seconds=self._pause)

    def answered(self, ref: ModelRef) -> None:
        """Forget its failures."""
        self._failures.pop(ref, None)
        self._open_until.pop(ref, None)

    def usable(self, refs: Sequence[ModelRef]) -> Sequence[ModelRef]:
        """Those that are not passed over now; all of them when none is left."""
        now = self._clock()
        return [ref for ref in refs if self._open_until.get(ref, 0.0) <= now] or refs


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One request to one model, and how it failed if it did."""

    ref: ModelRef
    failure: FailureKind | None = None


class FallbackModel(Model):
    """Tries its candidates in order; `attempts` tells whom it asked, in order.

    Once an event of an answer was passed on, its failure is final: two beginnings would stand in one message.
    """

    def __init__(
        self, candidates: Sequence[ModelRef], open_model: Callable[[ModelRef], Model], breakers: CircuitBreakers
    ):
        self.attempts: list[Attempt] = []
        self._candidates = candidates
        self._open_model = open_model
        self._breakers = breakers

    async def get_response(self, *args: Any, **kwargs: Any) -> ModelResponse:
        """Ask the first usable candidate; side questions are not worth a second try."""
        return await self._open_model(self._breakers.usable(self._candidates)[0]).get_response(*args, **kwargs)

    async def stream_response(self, *args: Any, **kwargs: Any) -> AsyncGenerator[TResponseStreamEvent, None]:
        """Stream the first answer that begins."""
        candidates = self._breakers.usable(self._candidates)
        for position, ref in enumerate(candidates, start=1):
            begun = False
            held: list[TResponseStreamEvent] = []  # Those that only say that a request was made.
            try:
                stream = self._open_model(ref).stream_response(*args, **kwargs)
                async with aclosing(cast(AsyncGenerator[TResponseStreamEvent, None], stream)) as events:
                    async for event in events:
                        held.append(event)
                        begun = begun or event.type not in _SILENT
                        while begun and held:
                            yield held.pop(0)
            except ModelError as error:
                self.attempts.append(Attempt(ref=ref, failure=error.kind))
                if error.kind in FALLBACK_FAILURES:
                    self._breakers.failed(ref)
                if begun or position == len(candidates) or error.kind not in FALLBACK_FAILURES:
                    raise
                log.warning(
                    "model failed, trying the next",
                    model=str(ref),
                    kind=error.kind,
                    actor=error.actor,
                    detail=error.detail,
                    next=str(candidates[position]),
                )
            else:
                self.attempts.append(Attempt(ref=ref))
                self._breakers.answered(ref)
                return
