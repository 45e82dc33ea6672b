"""What the model is told of a thread: its newest items, and for turns that were recorded, the whole of them."""

from collections.abc import Mapping, Sequence

import msgspec
from chatkit.types import ThreadItem

from app.domain.conversation import HistoryWindow
from app.domain.identity import RequestContext
from app.ports.agent_runner import HistoryEntry
from app.ports.thread_store import PAGE_LIMIT, ThreadStore
from app.ports.turn_log import TurnLog, TurnRecord


async def load_history(
    store: ThreadStore, turn_log: TurnLog, thread_id: str, context: RequestContext, window: HistoryWindow
) -> list[HistoryEntry]:
    """The newest items, oldest first; a recorded turn stands where its items stood, and is told whole or not at all.

    The last entry is the item to answer; an earlier turn that answered it (a retry) is left out.
    """
    items = await _newest(store, thread_id, context, window.items)
    if not items:
        return []
    earlier = [item.id for item in items[:-1]]
    turns = await turn_log.recall(thread_id, earlier, context) if earlier else {}
    history = _interleave(items, turns)
    return history[len(history) - window.newest([_size(entry) for entry in history]) :]


def _size(entry: HistoryEntry) -> int:
    """About as many bytes as the model will be told: what a widget draws is not told."""
    if isinstance(entry, TurnRecord):
        return len(msgspec.json.encode(entry.model_items))
    return len(entry.model_dump_json(exclude={"widget"}))


async def _newest(store: ThreadStore, thread_id: str, context: RequestContext, limit: int) -> list[ThreadItem]:
    items: list[ThreadItem] = []
    after = None
    while len(items) < limit:
        page = await store.load_thread_items(thread_id, after, min(limit - len(items), PAGE_LIMIT), "desc", context)
        items += page.data
        after = page.after
        if not page.has_more:
            break
    return items[::-1]


def _interleave(items: Sequence[ThreadItem], turns: Mapping[str, TurnRecord]) -> list[HistoryEntry]:
    told = {item_id for turn in turns.values() for item_id in turn.item_ids}
    history: list[HistoryEntry] = []
    for item in items:
        if item.id not in told:
            history.append(item)
        if item.id in turns and turns[item.id].model_items:
            history.append(turns[item.id])
    return history
