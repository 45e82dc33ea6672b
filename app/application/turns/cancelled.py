"""Cancelled turns: store the shown part, close open items and note the incomplete end."""

import structlog
from chatkit.store import NotFoundError

from app.application.turns.endings import note, note_id
from app.application.turns.transcript import Transcript, done, interrupted, taken_over
from app.application.turns.truncation import Truncation
from app.application.turns.turn import Turn
from app.domain.errors import AnyportError
from app.domain.identity import RequestContext
from app.ports.thread_store import ThreadStore
from app.ports.turn_log import TurnLog

log = structlog.get_logger(__name__)


async def close_cancelled(turn: Turn, threads: ThreadStore, turn_log: TurnLog) -> None:
    """Store the shown part of a cancelled turn, and append the events that close it."""
    if turn.truncated_at is not None and turn.placement is not None:
        context = RequestContext(user_id=turn.placement.user_id)
        try:
            truncation = Truncation(turn.events, turn.truncated_at, turn.placement.thread_id, context)
            await truncation.store(threads, turn_log)
        except AnyportError as failure:
            log.warning("truncation failed", thread=turn.placement.thread_id, code=failure.code)
        except NotFoundError:
            log.debug("truncation skipped: the thread was deleted", thread=turn.placement.thread_id)
    if not turn.events:
        return
    for event in Transcript(turn.events).closing(turn.incomplete_reason):
        turn.append(event)
    await _add_note(turn, threads)
    if turn.end == "interrupted":
        turn.append(taken_over() if turn.lost else interrupted())


async def _add_note(turn: Turn, threads: ThreadStore) -> None:
    """Store and show the note that ends an incomplete answer; a click and a deleted thread have none."""
    if turn.placement is None or not turn.placement.thread_id:
        return
    shown = note(turn.placement.thread_id, note_id(turn.id), turn.incomplete_reason)
    context = RequestContext(user_id=turn.placement.user_id)
    try:
        await threads.add_thread_item(turn.placement.thread_id, shown, context)
    except NotFoundError:
        return
    except AnyportError as failure:
        log.warning("note of an incomplete answer not stored", thread=turn.placement.thread_id, code=failure.code)
    turn.append(done(shown))
