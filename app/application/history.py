"""What the model is told of a thread: its newest items, and for turns that were recorded, the whole of them."""

from collections.abc import Mapping, Sequence

from chatkit.types import ThreadItem

from app.domain.identity import RequestContext
from app.ports.agent_runner import HistoryEntry
from app.ports.thread_store import PAGE_LIMIT, ThreadStore
from app.ports.turn_log import TurnLog, TurnRecord


async def load_history(
    store: ThreadStore, turn_log: TurnLog, thread_id: str, context: RequestContext, *, limit: int
) -> list[HistoryEntry]:
    """The newest `limit` items, oldest first; a recorded turn stands where its items stood, calls and results whole.

    The last entry is the item to answer; an earlier turn that answered it (a retry) is left out.
    """
    items = await _newest(store, thread_id, context, limit)
    if not items:
        return []
    earlier = [item.id for item in items[:-1]]
    turns = await turn_log.recall(thread_id, earlier, context) if earlier else {}
    return _interleave(items, turns)


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
