"""History for the model: the newest items of a thread, and recorded turns as a whole."""

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
    """The newest entries of a thread, oldest first; a recorded turn replaces its items, and is complete or left out.

    `newest` is the id of the item to answer. `given_up` holds the items of open questions, now closed. `done` are the
    effects of earlier answers to the newest item.
    """

    entries: Sequence[HistoryEntry] = ()
    newest: str = ""
    answered: Answered | None = None
    given_up: Sequence[ThreadItem] = ()
    done: Sequence[ToolEffect] = ()


def history_of(loaded: LoadedContext, window: HistoryWindow) -> History:
    """The history for the answer to the newest item; an earlier turn that answered the item (a retry) is left out."""
    if not loaded.items:
        return History()
    items = [questions.give_up(item) for item in loaded.items]
    given_up = [item for item, before in zip(items, loaded.items, strict=True) if item is not before]
    turns = {key: turn for key, turn in loaded.turns.items() if key != items[-1].id}
    answered = None if given_up else questions.resumable(items, turns)
    entries = _interleave(items, _settled(items, turns, answered))
    count = window.newest([_size(entry, window) for entry in entries])
    if answered is not None:
        count = max(count, len(entries) - entries.index(answered.turn))
    earlier = loaded.turns.get(items[-1].id)
    done = earlier.effects if earlier is not None else ()
    return History(entries=entries[-count:], newest=items[-1].id, answered=answered, given_up=given_up, done=done)


def _size(entry: HistoryEntry, window: HistoryWindow) -> int:
    """The approximate size for the model in bytes; the components of a widget are left out."""
    if isinstance(entry, TurnRecord):
        return len(msgspec.json.encode(entry.model_items))
    attachments = entry.attachments if isinstance(entry, UserMessageItem) else []
    attached = sum(window.attached(attachment.mime_type, size_of(attachment)) for attachment in attachments)
    return len(entry.model_dump_json(exclude={"widget", "attachments"})) + attached


def _settled(
    items: Sequence[ThreadItem], turns: Mapping[str, TurnRecord], answered: Answered | None
) -> Mapping[str, TurnRecord]:
    """The turns, with a result for every call except the one that the answer resumes."""
    by_id = {item.id: item for item in items}
    resumed = answered.turn if answered else None
    return {key: turn if turn is resumed else questions.close_call(turn, by_id) for key, turn in turns.items()}


def _interleave(items: Sequence[ThreadItem], turns: Mapping[str, TurnRecord]) -> list[HistoryEntry]:
    recorded = {item_id for turn in turns.values() for item_id in turn.item_ids}
    history: list[HistoryEntry] = []
    for item in items:
        if item.id not in recorded:
            history.append(item)
        if item.id in turns and turns[item.id].model_items:
            history.append(turns[item.id])
    return history
