"""Responses of a request that another process answers."""

from collections.abc import AsyncGenerator

from app.application.turns.registry import TurnRegistry
from app.ports.turn_journal import TurnHead


class RemoteTurn:
    """Remote turn: a turn of another process, read from the journal."""

    def __init__(self, head: TurnHead, turns: TurnRegistry) -> None:
        self.id = head.id
        self._head = head
        self._turns = turns

    def follow(self) -> AsyncGenerator[bytes, None]:
        """Stream all events of the turn, past and future. Raises `ClosingError` when this process stops before the turn
        ends: the client repeats the request, and another process answers it."""
        return self._turns.remote.whole(self._head)


class StoredResponse:
    """Stored response of a turn that has no journal entry, such as a click in a widget."""

    def __init__(self, turn_id: str, events: bytes) -> None:
        self.id = turn_id
        self._events = events

    async def follow(self) -> AsyncGenerator[bytes, None]:
        """Yield the complete response at once."""
        yield self._events
