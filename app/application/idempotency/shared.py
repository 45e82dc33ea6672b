"""Idempotency across replicas: the process that reserves a key answers it, the others stream that answer."""

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
"""A reservation without a turn that was not renewed for a lease's length belongs to a dead process."""


class SharedIdempotency(IdempotencyGuard):
    """Idempotency guard that reserves the keys of streaming requests in the storage.

    All other requests are shared within the process only.
    """

    def __init__(self, storage: Storage, threads: ThreadStore, turns: TurnRegistry) -> None:
        self._journal = storage.journal
        self._keys = storage.idempotency_keys
        self._threads = threads
        self._turns = turns
        self._local = LocalIdempotency()

    async def _share(self, key: bytes, request: Request) -> Answer:
        if not request.streams:
            return await self._local.answer(request)
        turn = await self._start_or_join(key, request)
        return turn if isinstance(turn, bytes) else TurnStream(turn.id, self._delivered(turn))

    async def _start_or_join(self, key: bytes, request: Request) -> Turn | RemoteTurn | StoredResponse | bytes:
        """Start the request, or return the turn or response that answers it, here or in another process."""
        while True:
            reservation = KeyReservation(self._keys, key, request.caller.user_id, dt.timedelta(seconds=WINDOW_SECONDS))
            abandoned_thread = ""
            try:
                return await request.begin(reservation)
            except AnsweredElsewhereError as elsewhere:
                abandoned_thread = elsewhere.thread_id
            except Exception:
                # While another turn holds the key, ignore the failure: that turn may have caused it.
                if await reservation.granted():
                    await self._release(reservation.turn_id)
                    raise
            # Search at once: the other turn may end while the thread is deleted.
            deleting = asyncio.create_task(self._delete(abandoned_thread, request.caller))
            try:
                if (turn := await self._find_answer(key)) is not None:
                    return turn
            finally:
                await deleting

    async def _delete(self, thread_id: str, caller: RequestContext) -> None:
        if thread_id:
            await self._threads.delete_thread(thread_id, caller)

    async def _delivered(self, turn: Turn | RemoteTurn | StoredResponse) -> AsyncGenerator[bytes, None]:
        """Stream the turn, then release the key: the same request is a new one."""
        async with aclosing(turn.follow()) as events:
            async for chunk in events:
                yield chunk
        interrupted = isinstance(turn, RemoteTurn) and self._turns.closing.is_set()
        if not interrupted:
            await self._release(turn.id)

    async def _release(self, turn_id: str) -> None:
        try:
            await self._keys.release(turn_id)
        except StoreUnavailableError as failure:
            log.warning("idempotency key not released, it expires by itself", turn=turn_id, detail=failure.detail)

    async def _find_answer(self, key: bytes) -> Turn | RemoteTurn | StoredResponse | None:
        """Wait for the turn that holds the key; None when the key was released without a response."""
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
                log.warning("idempotency key released: its process died before the turn started", turn=turn_id)
                await self._release(turn_id)
                return None
            if await set_within(self._turns.closing, QUEUE_POLL_SECONDS):
                raise ClosingError(_("The server is shutting down."), retry_after=1)
        # The turn may have ended, and have been delivered, between two polls.
        response = await self._keys.stored_response(seen) if seen else None
        return None if response is None else StoredResponse(seen, response)
