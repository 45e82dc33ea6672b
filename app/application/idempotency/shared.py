"""Idempotency across replicas: the process that claims a request answers it, the others follow its answer."""

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator
from contextlib import aclosing

import structlog

from app.application.idempotency.guard import Answer, IdempotencyGuard, Request
from app.application.idempotency.key import WINDOW_SECONDS
from app.application.idempotency.local import LocalIdempotency
from app.application.idempotency.reservation import AnsweredElsewhereError, KeyReservation
from app.application.idempotency.responses import RemoteTurn, StoredResponse
from app.application.turns.admission import LEASE_SECONDS, QUEUE_POLL_SECONDS
from app.application.turns.registry import TurnRegistry, TurnStream
from app.application.turns.turn import Turn, set_within
from app.domain.errors import ClosingError, StoreUnavailableError
from app.domain.identity import RequestContext
from app.domain.language import _
from app.ports.storage import Storage
from app.ports.thread_store import ThreadStore

log = structlog.get_logger(__name__)

ABANDONED = dt.timedelta(seconds=WINDOW_SECONDS - LEASE_SECONDS)
"""A claim that ends later than this and has no turn was left by a process that died: one that waits renews it."""


class SharedIdempotency(IdempotencyGuard):
    """Claims each streaming request in the storage; all others are shared within the process."""

    def __init__(self, storage: Storage, threads: ThreadStore, turns: TurnRegistry) -> None:
        self._journal = storage.journal
        self._keys = storage.idempotency_keys
        self._threads = threads
        self._turns = turns
        self._local = LocalIdempotency()

    async def _share(self, key: bytes, request: Request) -> Answer:
        if not request.streams:
            return await self._local.answer(request)
        turn = await self._begun(key, request)
        return turn if isinstance(turn, bytes) else TurnStream(turn.id, self._delivered(turn))

    async def _begun(self, key: bytes, request: Request) -> Turn | RemoteTurn | StoredResponse | bytes:
        """Begin the request, or find the turn that answers it, here or in another process."""
        while True:
            reservation = KeyReservation(self._keys, key, request.caller.user_id, dt.timedelta(seconds=WINDOW_SECONDS))
            in_vain = ""
            try:
                return await request.begin(reservation)
            except AnsweredElsewhereError as elsewhere:
                in_vain = elsewhere.thread_id
            except Exception:
                # What another turn has begun to do may well be impossible a second time.
                if await reservation.granted():
                    await self._release(reservation.turn_id)
                    raise
            # Looked for at once: the other turn may end while the thread is deleted.
            deleting = asyncio.create_task(self._delete(in_vain, request.caller))
            try:
                if (turn := await self._found(key)) is not None:
                    return turn
            finally:
                await deleting

    async def _delete(self, thread_id: str, caller: RequestContext) -> None:
        if thread_id:
            await self._threads.delete_thread(thread_id, caller)

    async def _delivered(self, turn: Turn | RemoteTurn | StoredResponse) -> AsyncGenerator[bytes, None]:
        """Follow the turn; then the same request is a new one."""
        async with aclosing(turn.follow()) as events:
            async for chunk in events:
                yield chunk
        cut_short = isinstance(turn, RemoteTurn) and self._turns.closing.is_set()
        if not cut_short:
            await self._release(turn.id)

    async def _release(self, turn_id: str) -> None:
        try:
            await self._keys.release(turn_id)
        except StoreUnavailableError as failure:
            log.warning("a request stays claimed until its minute is over", turn=turn_id, detail=failure.detail)

    async def _found(self, key: bytes) -> Turn | RemoteTurn | StoredResponse | None:
        """Wait for the turn that has the request; None when it gave the request up."""
        seen = ""
        while (turn_id := await self._keys.holder(key)) is not None:
            seen = turn_id
            own = next((turn for turn in self._turns.running if turn.id == turn_id), None)
            if own is not None:
                await own.wait_first_event()
                return own
            if (head := await self._journal.find(turn_id)) is not None:
                await self._turns.pin_remote(head)
                return RemoteTurn(head, self._turns)
            if (response := await self._keys.stored_response(turn_id)) is not None:
                return StoredResponse(turn_id, response)
            if await self._keys.holder(key, ahead=ABANDONED) is None:
                log.warning("a request is answered anew: the process that claimed it never began", turn=turn_id)
                await self._release(turn_id)
                return None
            if await set_within(self._turns.closing, QUEUE_POLL_SECONDS):
                raise ClosingError(_("The server is shutting down."), retry_after=1)
        # It may have ended, and have been delivered, between two looks.
        response = await self._keys.stored_response(seen) if seen else None
        return None if response is None else StoredResponse(seen, response)
