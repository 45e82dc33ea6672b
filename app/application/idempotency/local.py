"""Idempotency within one process."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from app.application.idempotency.guard import Answer, IdempotencyGuard, Request
from app.application.idempotency.in_flight import RequestsInFlight
from app.application.turns.registry import TurnStream
from app.application.turns.turn import Turn


class LocalIdempotency(IdempotencyGuard):
    """Idempotency guard that holds the requests in flight in memory."""

    def __init__(self) -> None:
        # A truncated turn will never be complete.
        self._in_flight = RequestsInFlight[Turn | bytes](
            lost=lambda started: isinstance(started, Turn) and started.truncated_at is not None
        )

    async def _share(self, key: bytes, request: Request) -> Answer:
        started = await self._in_flight.share(key, request.begin)
        if isinstance(started, bytes):
            self._in_flight.forget(key)
            return started
        return TurnStream(started.id, self._delivered(started, key))

    async def _delivered(self, turn: Turn, key: bytes) -> AsyncGenerator[bytes, None]:
        """Stream the turn; once it is delivered completely, the same request is a new one."""
        async with aclosing(turn.follow()) as events:
            async for chunk in events:
                yield chunk
        self._in_flight.forget(key)
