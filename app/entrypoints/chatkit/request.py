"""A parsed request of ChatKit's that has not been answered yet."""

from collections.abc import Awaitable, Callable

from chatkit.types import ChatKitReq, is_streaming_req

from app.application.idempotency.reservation import KeyReservation
from app.application.turns.registry import TurnRegistry
from app.application.turns.turn import Turn
from app.domain.identity import RequestContext
from app.entrypoints.chatkit.errors import stream_failure
from app.entrypoints.chatkit.turn_placement import StreamedAnswer

AnswerRequest = Callable[[ChatKitReq, RequestContext], Awaitable[StreamedAnswer | bytes]]
"""Answers a request by a stream's frames or by a JSON object."""


class ChatKitRequest:
    """A parsed request, its user, and its idempotency key; a turn or a JSON object answers it."""

    def __init__(
        self,
        parsed: ChatKitReq,
        caller: RequestContext,
        key: bytes | None,
        *,
        answer: AnswerRequest,
        turns: TurnRegistry,
    ) -> None:
        self.caller = caller
        self.key = key
        self._parsed = parsed
        self._answer = answer
        self._turns = turns

    @property
    def streams(self) -> bool:
        """True when a turn answers it."""
        return is_streaming_req(self._parsed)

    async def begin(self, reservation: KeyReservation | None = None) -> Turn | bytes:
        """Start its turn, or answer with a JSON object. Raises what `answer` and `Turns.start` do."""
        result = await self._answer(self._parsed, self.caller)
        if isinstance(result, bytes):
            return result
        return await self._turns.start(result.frames, stream_failure, result.placement, reservation)
