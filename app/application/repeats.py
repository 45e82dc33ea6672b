"""The same request on several replicas: whoever claims it answers it, and the others follow that answer.

What `Doubles` does within a process, for processes that share a storage.
"""

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import TypeVar

import structlog

from app.application.claim import AnsweredElsewhereError, Claim
from app.application.doubles import SECONDS
from app.application.entrance import LEASE_SECONDS, LOOK_AGAIN_SECONDS
from app.application.turn import Turn, woken
from app.application.turns import Turns
from app.domain.errors import ClosingError, StoreUnavailableError
from app.domain.identity import RequestContext
from app.domain.language import _
from app.ports.storage import Storage
from app.ports.thread_store import ThreadStore
from app.ports.turn_journal import TurnHead

T = TypeVar("T")

log = structlog.get_logger(__name__)

ABANDONED = dt.timedelta(seconds=SECONDS - LEASE_SECONDS)
"""So long before its end a claim is without a turn only because its process died: who waits for a turn renews it."""


def _utcnow() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class FarTurn:
    """A turn of another process that answers the same request."""

    def __init__(self, head: TurnHead, turns: Turns) -> None:
        self.id = head.id
        self._head = head
        self._turns = turns

    def follow(self) -> AsyncGenerator[bytes, None]:
        """All of its events, and those to come. Raises `ClosingError` when this process stops before the turn has
        ended: the same request, sent once more, finds it elsewhere."""
        return self._turns.far.whole(self._head)


class Said:
    """What was said to the same request elsewhere, in a turn that is in no journal: a click's."""

    def __init__(self, turn_id: str, events: bytes) -> None:
        self.id = turn_id
        self._events = events

    async def follow(self) -> AsyncGenerator[bytes, None]:
        """All of it."""
        yield self._events


Repeated = Turn | FarTurn | Said


class Repeats:
    """Sees that one request is one turn, on however many replicas it arrives."""

    def __init__(
        self, storage: Storage, threads: ThreadStore, turns: Turns, *, now: Callable[[], dt.datetime] = _utcnow
    ) -> None:
        self._journal = storage.journal
        self._claims = storage.claims
        self._threads = threads
        self._turns = turns
        self._now = now

    @property
    def shared(self) -> bool:
        """Whether there may be other processes."""
        return self._journal.shared

    async def once(self, key: bytes, begin: Callable[[Claim], Awaitable[T]], caller: RequestContext) -> T | Repeated:
        """What `begin` starts, unless it was started within the last minute, here or in another process: then that.

        Raises what `begin` does, which has to hold its claim before it says anything, or stores more than a thread.
        """
        while True:
            now = self._now()
            claim = Claim(self._claims, key, now=now, until=now + dt.timedelta(seconds=SECONDS))
            in_vain = ""
            try:
                return await begin(claim)
            except AnsweredElsewhereError as elsewhere:
                in_vain = elsewhere.thread_id
            except Exception:
                # What another turn has begun to do may well be impossible a second time.
                if await claim.granted():
                    await self._release(claim.turn_id)
                    raise
            # Looked for at once: the other turn may end while the thread is deleted.
            deleting = asyncio.create_task(self._delete(in_vain, caller))
            try:
                if (turn := await self._found(key)) is not None:
                    return turn
            finally:
                await deleting

    async def _delete(self, thread_id: str, caller: RequestContext) -> None:
        if thread_id:
            await self._threads.delete_thread(thread_id, caller)

    async def delivered(self, turn: Repeated) -> None:
        """The turn's events were all followed: the same request is a new one from now on."""
        cut_short = isinstance(turn, FarTurn) and self._turns.closing.is_set()
        if self.shared and not cut_short:
            await self._release(turn.id)

    async def _release(self, turn_id: str) -> None:
        try:
            await self._claims.release(turn_id)
        except StoreUnavailableError as failure:
            log.warning("a request stays claimed until its minute is over", turn=turn_id, detail=failure.detail)

    async def _found(self, key: bytes) -> Repeated | None:
        """The turn that has the request, as soon as it is to be seen; None when it gave the request up."""
        seen = ""
        while (turn_id := await self._claims.holder(key, now=self._now())) is not None:
            seen = turn_id
            own = next((turn for turn in self._turns.running if turn.id == turn_id), None)
            if own is not None:
                await own.opened()
                return own
            if (head := await self._journal.find(turn_id)) is not None:
                await self._turns.keep_far(head)
                return FarTurn(head, self._turns)
            if (said := await self._claims.said(turn_id)) is not None:
                return Said(turn_id, said)
            if await self._claims.holder(key, now=self._now() + ABANDONED) is None:
                log.warning("a request is answered anew: whoever had it never began", turn=turn_id)
                await self._release(turn_id)
                return None
            if await woken(self._turns.closing, LOOK_AGAIN_SECONDS):
                raise ClosingError(_("The server is shutting down."), retry_after=1)
        # It may have ended, and have been delivered, between two looks.
        said = await self._claims.said(seen) if seen else None
        return None if said is None else Said(seen, said)
