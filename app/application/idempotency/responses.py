"""Responses to a request that another process answers."""

from collections.abc import AsyncGenerator

from app.application.turns.registry import TurnRegistry
from app.ports.turn_journal import TurnHead


class RemoteTurn:
    """A turn of another process, followed through the journal."""

    def __init__(self, head: TurnHead, turns: TurnRegistry) -> None:
        self.id = head.id
        self._head = head
        self._turns = turns

    def follow(self) -> AsyncGenerator[bytes, None]:
        """All of its events, and those to come. Raises `ClosingError` when this process stops before the turn has
        ended: the same request, sent once more, finds it elsewhere."""
        return self._turns.remote.whole(self._head)


class StoredResponse:
    """The response of a turn that is in no journal: a click's."""

    def __init__(self, turn_id: str, events: bytes) -> None:
        self.id = turn_id
        self._events = events

    async def follow(self) -> AsyncGenerator[bytes, None]:
        """All of it at once."""
        yield self._events
