"""Disconnect policy: what happens to a turn whose last follower left."""

import asyncio
from contextlib import suppress

from app.application.turns.turn import Turn
from app.domain.errors import StoreUnavailableError
from app.ports.turn_journal import TurnJournal
from app.settings.turns import Disconnect, TurnSettings


class DisconnectPolicy:
    """Applies `ON_DISCONNECT` to the turns of one process."""

    def __init__(self, journal: TurnJournal, settings: TurnSettings, closing: asyncio.Event) -> None:
        self._journal = journal
        self._settings = settings
        self._closing = closing
        self._expiring: set[asyncio.Task[None]] = set()

    def on_last_follower_left(self, turn: Turn) -> None:
        """Stop the turn, start its grace period, or let it finish.

        On the wire ChatKit's Stop button, a refresh and a closed tab are the same.
        """
        if turn.pinned or self._closing.is_set():
            return
        if turn.placement is None:
            if turn.reservation is None:  # A repeated request receives the complete stored response.
                turn.stop()
            return
        match self._settings.on_disconnect:
            case Disconnect.CANCEL:
                turn.stop(truncated_at=turn.delivered)
            case Disconnect.GRACE:
                loop = asyncio.get_running_loop()
                turn.timer = loop.call_later(self._settings.grace_seconds, self._on_grace_expired, turn)
            case Disconnect.FINISH:
                pass

    async def aclose(self) -> None:
        """Wait for the decisions on expired grace periods."""
        await asyncio.gather(*self._expiring)

    def _on_grace_expired(self, turn: Turn) -> None:
        expiring = asyncio.create_task(self._yield_unless_pinned(turn))
        self._expiring.add(expiring)
        expiring.add_done_callback(self._expiring.discard)

    async def _yield_unless_pinned(self, turn: Turn) -> None:
        """Yield unless another replica pinned the turn: its signal may still be on the way."""
        if self._journal.shared and turn.entered.is_set():
            with suppress(StoreUnavailableError):
                head = await self._journal.find(turn.id)
                if head is not None and head.pinned:
                    turn.pin()
        turn.yield_to_next()
