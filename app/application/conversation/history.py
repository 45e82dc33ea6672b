"""What the model is told of a thread: its newest items, and for turns that were recorded, the whole of them."""

from collections.abc import Mapping, Sequence

import msgspec
from chatkit.types import ThreadItem, UserMessageItem

from app.application.conversation import questions
from app.domain.conversation import HistoryWindow
from app.ports.agent_runner import Answered, HistoryEntry
from app.ports.file_ledger import size_of
from app.ports.thread_store import LoadedContext
from app.ports.turn_log import ToolEffect, TurnRecord


class History(msgspec.Struct, frozen=True, kw_only=True):
    """The newest of a thread, oldest first; a recorded turn stands where its items stood, told whole or not at all.

    `newest` is the item to answer. Questions that nobody answered are given up: `given_up` holds their items as
    they are from now on. `done` is what earlier answers to the newest item changed.
    """

    entries: Sequence[HistoryEntry] = ()
    newest: str = ""
    answered: Answered | None = None
    given_up: Sequence[ThreadItem] = ()
    done: Sequence[ToolEffect] = ()


def history_of(loaded: LoadedContext, window: HistoryWindow) -> History:
    """What the model is told before it answers the newest item; an earlier turn that answered it (a retry) is left
    out."""
    if not loaded.items:
        return History()
    items = [questions.closed(item) for item in loaded.items]
    given_up = [item for item, before in zip(items, loaded.items, strict=True) if item is not before]
    turns = {key: turn for key, turn in loaded.turns.items() if key != items[-1].id}
    answered = None if given_up else questions.answered(items, turns)
    entries = _interleave(items, _settled(items, turns, answered))
    count = window.newest([_size(entry, window) for entry in entries])
    if answered is not None:
        count = max(count, len(entries) - entries.index(answered.turn))
    earlier = loaded.turns.get(items[-1].id)
    done = earlier.effects if earlier is not None else ()
    return History(entries=entries[-count:], newest=items[-1].id, answered=answered, given_up=given_up, done=done)


def _size(entry: HistoryEntry, window: HistoryWindow) -> int:
    """About as many bytes as the model will be told: what a widget draws is not told."""
    if isinstance(entry, TurnRecord):
        return len(msgspec.json.encode(entry.model_items))
    attachments = entry.attachments if isinstance(entry, UserMessageItem) else []
    attached = sum(window.attached(attachment.mime_type, size_of(attachment)) for attachment in attachments)
    return len(entry.model_dump_json(exclude={"widget", "attachments"})) + attached


def _settled(
    items: Sequence[ThreadItem], turns: Mapping[str, TurnRecord], answered: Answered | None
) -> Mapping[str, TurnRecord]:
    """The turns, each with a result for every call but the one that is gone on with."""
    by_id = {item.id: item for item in items}
    kept = answered.turn if answered else None
    return {key: turn if turn is kept else questions.settled(turn, by_id) for key, turn in turns.items()}


def _interleave(items: Sequence[ThreadItem], turns: Mapping[str, TurnRecord]) -> list[HistoryEntry]:
    told = {item_id for turn in turns.values() for item_id in turn.item_ids}
    history: list[HistoryEntry] = []
    for item in items:
        if item.id not in told:
            history.append(item)
        if item.id in turns and turns[item.id].model_items:
            history.append(turns[item.id])
    return history
