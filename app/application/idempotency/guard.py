"""The idempotency guard: one answer for one request, however often a client sends it."""

from abc import ABC, abstractmethod
from typing import Protocol

from app.application.idempotency.reservation import KeyReservation
from app.application.turns.registry import TurnStream
from app.application.turns.turn import Turn
from app.domain.identity import RequestContext

Answer = TurnStream | bytes
"""The events of a turn, or one JSON object."""


class Request(Protocol):
    """A request that was read and not begun."""

    @property
    def caller(self) -> RequestContext:
        """The user who sent it."""

    @property
    def key(self) -> bytes | None:
        """Its idempotency key; None when its client never repeats a request."""

    @property
    def streams(self) -> bool:
        """True when a turn answers it."""

    async def begin(self, reservation: KeyReservation | None = None) -> Turn | bytes:
        """Begin to answer it. Raises what refuses it.

        A `claim` has to be held before anything is shown, or stored beside an empty new thread.
        """


class IdempotencyGuard(ABC):
    """Answers requests; one that was sent before joins the request in flight.

    Requests are in flight for `WINDOW_SECONDS`, until their answer was delivered: a request that is sent after its
    answer came whole is a new one, because people say “yes” twice.
    """

    async def answer(self, request: Request) -> Answer:
        """Begin the request, or join the one in flight. Raises what `request.begin` does, also for those who join."""
        if request.key is not None:
            return await self._share(request.key, request)
        begun = await request.begin()
        return begun if isinstance(begun, bytes) else TurnStream(begun.id, begun.follow())

    @abstractmethod
    async def _share(self, key: bytes, request: Request) -> Answer:
        """Answer a request that may be in flight already."""
