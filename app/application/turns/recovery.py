"""Recovery: finishes a turn whose process died, from its journal."""

from collections.abc import Mapping, Sequence

import msgspec
from chatkit.store import NotFoundError
from chatkit.types import StructuredInputItem, ThreadItem, UserMessageItem

from app.application.tasks.effects import TASKS_CHANGED
from app.application.turns.endings import incomplete, note, note_id
from app.application.turns.journal_writer import batches_of
from app.application.turns.transcript import Transcript, done, interrupted
from app.application.turns.turn import JOURNAL_GREW
from app.application.turns.withdrawal import removed_ids, withdrawn
from app.chatkit_json.item_fields import IncompleteNote
from app.domain.clock import clock
from app.domain.identity import RequestContext
from app.ports.storage import Storage
from app.ports.thread_store import PAGE_LIMIT, ThreadStore
from app.ports.turn_journal import Batch, TurnHead, TurnJournal
from app.ports.turn_log import ToolEffect, TurnLog, TurnRecord


async def all_events(journal: TurnJournal, turn_id: str) -> list[bytes]:
    """Return all events of a turn in the journal, in order."""
    events: list[bytes] = []
    while more := await journal.events(turn_id, len(events)):
        events += more
    return events


async def recover(head: TurnHead, storage: Storage, threads: ThreadStore) -> None:
    """Finish a turn whose process died: store the text shown so far, and run no tool a second time.

    A turn whose user message or answer was never stored is dropped. The idempotency key of a turn without events is
    released, so that the repeated request starts a new turn. Idempotent. Raises `StoreUnavailableError`.
    """
    journal = storage.journal
    events = await all_events(journal, head.id)
    transcript, context = Transcript(events), RequestContext(user_id=head.user_id)
    try:
        for item in transcript.unfinished:
            await threads.add_thread_item(head.thread_id, incomplete(item, "interrupted"), context)
        newest = await _newest_items(threads, head.thread_id, context)
        asked = transcript.asked or next((item.id for item in newest if isinstance(item, UserMessageItem)), None)
        records = await storage.turn_log.load(head.thread_id, [item.id for item in newest], context)
        earlier = records.get(asked or "")
        effects = earlier.effects if earlier is not None and earlier.superseded else []
        earlier = None if earlier is not None and earlier.superseded else earlier
        if not events:
            await storage.idempotency_keys.release(head.id)
        if not events and (asked is None or (earlier is not None and not _goes_on(newest, records))):
            await journal.drop(head.id, head.owner)
            await storage.signals.publish([JOURNAL_GREW + head.id])
            return
        await _rewrite(head, events, journal)
        closing = transcript.closing("interrupted")
        is_recorded = any(record.id == head.id for record in records.values())
        if asked is not None and not is_recorded:
            if earlier is None:  # A turn that goes on with an earlier one leaves the record of that one as it is.
                await _record(head, asked, [*effects, *_effects(events)], storage.turn_log, context)
            shown = note(head.thread_id, note_id(head.id), "interrupted")
            await threads.add_thread_item(head.thread_id, shown, context)
            closing.append(done(shown))
    except NotFoundError:
        return  # The thread was deleted, and the journal's entry with it.
    last = Batch(turn_id=head.id, first=len(events) + 1, events=[*closing, interrupted()])
    await journal.end(head.id, head.owner, "interrupted", last=last, signals=[JOURNAL_GREW + head.id])


def _goes_on(newest: Sequence[ThreadItem], records: Mapping[str, TurnRecord]) -> bool:
    """Return True behind a form with an answer that no turn has ended with; `newest` begins with the newest item."""
    for item in newest:
        if item.id in records or isinstance(item, IncompleteNote):
            return False
        if isinstance(item, StructuredInputItem):
            return item.status != "pending"
    return False


async def _rewrite(head: TurnHead, events: Sequence[bytes], journal: TurnJournal) -> None:
    """Write the events again without the items that the turn withdrew; its process may have died before that."""
    redacted = [*events]
    for item_id in removed_ids(events):
        for position, replacement in withdrawn(redacted, item_id):
            redacted[position] = replacement
    if redacted != events:
        await journal.rewrite(head.id, head.owner, [*batches_of(head.id, redacted)])


async def newest_message(threads: ThreadStore, thread_id: str, context: RequestContext) -> str | None:
    """Return the id of the newest user message; None when there is none."""
    newest = await _newest_items(threads, thread_id, context)
    return next((item.id for item in newest if isinstance(item, UserMessageItem)), None)


async def _newest_items(threads: ThreadStore, thread_id: str, context: RequestContext) -> list[ThreadItem]:
    """Return the items from the newest back to the newest user message; all of them when there is none."""
    items: list[ThreadItem] = []
    after: str | None = None
    while True:
        page = await threads.load_thread_items(thread_id, after, PAGE_LIMIT, "desc", context)
        for item in page.data:
            items.append(item)
            if isinstance(item, UserMessageItem):
                return items
        if (after := page.after) is None:
            return items


def _effects(events: Sequence[bytes]) -> list[ToolEffect]:
    """Return the effects of the turn's tools, read from its events: its tool calls were not stored yet."""
    shown_effects = (msgspec.json.decode(event.removeprefix(b"data: "), type=_ClientEffect) for event in events)
    return [
        ToolEffect(tool=effect.name, arguments="", result=msgspec.json.encode(effect.data).decode())
        for effect in shown_effects
        if effect.name == TASKS_CHANGED
    ]


class _ClientEffect(msgspec.Struct, frozen=True):
    name: str = ""
    data: dict[str, object] = {}


async def _record(
    head: TurnHead, asked: str, effects: list[ToolEffect], turn_log: TurnLog, context: RequestContext
) -> None:
    now = clock.now()
    record = TurnRecord(
        id=head.id,
        thread_id=head.thread_id,
        after_item_id=asked,
        status="interrupted",
        provider="",
        model="",
        started_at=now,
        finished_at=now,
        error="interrupted",
        effects=effects,
    )
    await turn_log.save(record, context)
