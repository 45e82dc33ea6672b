"""Idempotency within one process."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from app.application.idempotency.guard import Answer, IdempotencyGuard, Request
from app.application.idempotency.in_flight import RequestsInFlight
from app.application.turns.registry import TurnStream
from app.application.turns.turn import Turn


class LocalIdempotency(IdempotencyGuard):
    """Keeps the requests in flight in memory."""

    def __init__(self) -> None:
        # A turn that was cut off because nobody followed it will never be whole.
        self._in_flight = RequestsInFlight[Turn | bytes](
            lost=lambda begun: isinstance(begun, Turn) and begun.truncated_at is not None
        )

    async def _share(self, key: bytes, request: Request) -> Answer:
        begun = await self._in_flight.share(key, request.begin)
        if isinstance(begun, bytes):
            self._in_flight.forget(key)
            return begun
        return TurnStream(begun.id, self._delivered(begun, key))

    async def _delivered(self, turn: Turn, key: bytes) -> AsyncGenerator[bytes, None]:
        """Follow the turn; a client that got all of it does not ask for it again."""
        async with aclosing(turn.follow()) as events:
            async for chunk in events:
                yield chunk
        self._in_flight.forget(key)


def _is_cut_off(begun: Turn | bytes) -> bool:
    """True for a turn that was cut off because nobody followed it: it will never be whole."""
    return isinstance(begun, Turn) and begun.truncated_at is not None
