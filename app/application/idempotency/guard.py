"""Idempotency guard: one answer for one request, however often a client sends it."""

from abc import ABC, abstractmethod
from typing import Protocol

from app.application.idempotency.reservation import KeyReservation
from app.application.turns.registry import TurnStream
from app.application.turns.turn import Turn
from app.domain.identity import RequestContext

Answer = TurnStream | bytes
"""The events of a turn, or one JSON object."""


class Request(Protocol):
    """A request that was parsed and not started."""

    @property
    def caller(self) -> RequestContext:
        """The user who sent it."""

    @property
    def key(self) -> bytes | None:
        """The idempotency key; None when the client never repeats a request."""

    @property
    def streams(self) -> bool:
        """True when a turn answers it."""

    async def begin(self, reservation: KeyReservation | None = None) -> Turn | bytes:
        """Start the answer: a turn, or one JSON object. Raises the error that refuses the request.

        A `reservation` must be granted before anything is shown, or stored other than an empty new thread.
        """


class IdempotencyGuard(ABC):
    """Answers requests; a repeated request joins the request in flight.

    A request is in flight for `WINDOW_SECONDS` at most, and until its answer is delivered. A request that arrives after
    the complete answer is a new one, because people write “yes” twice.
    """

    async def answer(self, request: Request) -> Answer:
        """Start the request, or join the one in flight. Raises what `request.begin` raises, in both cases."""
        if request.key is not None:
            return await self._share(request.key, request)
        started = await request.begin()
        return started if isinstance(started, bytes) else TurnStream(started.id, started.follow())

    @abstractmethod
    async def _share(self, key: bytes, request: Request) -> Answer:
        """Answer a request that may be in flight already."""
