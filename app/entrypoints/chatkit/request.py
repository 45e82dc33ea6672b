"""One request of ChatKit's, read and not begun."""

from typing import TYPE_CHECKING

from chatkit.types import ChatKitReq, is_streaming_req

from app.application.idempotency.claim import Claim
from app.application.turn import Turn
from app.application.turns import Turns
from app.domain.identity import RequestContext
from app.entrypoints.chatkit.errors import stream_failure

if TYPE_CHECKING:
    from app.entrypoints.chatkit.server import AnyportServer


class ChatKitRequest:
    """A parsed request, its user, and its idempotency key; it begins as a turn or is answered at once."""

    def __init__(
        self,
        parsed: ChatKitReq,
        caller: RequestContext,
        key: bytes | None,
        *,
        server: "AnyportServer",
        turns: Turns,
    ) -> None:
        self.caller = caller
        self.key = key
        self._parsed = parsed
        self._server = server
        self._turns = turns

    @property
    def streams(self) -> bool:
        """True when a turn answers it."""
        return is_streaming_req(self._parsed)

    async def begin(self, claim: Claim | None = None) -> Turn | bytes:
        """Start its turn, or answer with a JSON object. Raises what `AnyportServer.answer` and `Turns.start` do."""
        result = await self._server.answer(self._parsed, self.caller)
        if isinstance(result, bytes):
            return result
        return await self._turns.start(result.json_events, stream_failure, result.place, claim)
