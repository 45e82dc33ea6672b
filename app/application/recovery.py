"""What is stored of a turn that did not come to its end."""

import datetime as dt

from chatkit.store import NotFoundError
from chatkit.types import UserMessageItem

from app.application.transcript import Transcript, interrupted
from app.application.turn import NEWS
from app.domain.identity import RequestContext
from app.domain.ids import new_id
from app.ports.thread_store import ThreadStore
from app.ports.turn_journal import Batch, TurnHead, TurnJournal
from app.ports.turn_log import TurnLog, TurnRecord


async def all_events(journal: TurnJournal, turn_id: str) -> list[bytes]:
    """Every event of a turn that the journal has."""
    events: list[bytes] = []
    while more := await journal.events(turn_id, len(events)):
        events += more
    return events


async def recover(head: TurnHead, journal: TurnJournal, threads: ThreadStore, turn_log: TurnLog) -> None:
    """Finish a turn whose process died: what was said becomes stored messages, and nothing is done a second time.

    Safe to repeat. Raises `StoreUnavailableError`.
    """
    events = await all_events(journal, head.id)
    transcript, context = Transcript(events), RequestContext(user_id=head.user_id)
    try:
        for item in transcript.unfinished:
            await threads.add_thread_item(head.thread_id, item, context)
        asked = transcript.asked or await newest_message(threads, head.thread_id, context)
        if asked is not None:
            await _record(head, asked, turn_log, context, said=bool(events))
    except NotFoundError:
        return  # The thread was deleted, and the journal's entry with it.
    closing = [*transcript.closing(), interrupted()]
    last = Batch(turn_id=head.id, first=len(events) + 1, events=closing)
    await journal.end(head.id, head.owner, "interrupted", last=last, signals=[NEWS + head.id])


async def newest_message(threads: ThreadStore, thread_id: str, context: RequestContext) -> str | None:
    """The message of the user that was answered last."""
    page = await threads.load_thread_items(thread_id, None, 100, "desc", context)
    return next((item.id for item in page.data if isinstance(item, UserMessageItem)), None)


async def _record(head: TurnHead, asked: str, turn_log: TurnLog, context: RequestContext, *, said: bool) -> None:
    earlier = (await turn_log.recall(head.thread_id, [asked], context)).get(asked)
    if earlier is not None and not said:
        return  # Killed before its own message was stored: the newest one was answered by another turn.
    if earlier is not None and earlier.id > head.id:
        return  # Ids are ordered by time: the turn came to its own end before its process did.
    now = dt.datetime.now(dt.UTC)
    record = TurnRecord(
        id=new_id("turn"),
        thread_id=head.thread_id,
        after_item_id=asked,
        status="interrupted",
        provider="",
        model="",
        started_at=now,
        finished_at=now,
        error="interrupted",
    )
    await turn_log.finish(record, context)
