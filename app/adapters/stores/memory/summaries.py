"""Thread summaries in dictionaries."""

from app.adapters.stores.memory.threads import MemoryThreadStore
from app.domain.identity import RequestContext
from app.ports.thread_summaries import ThreadSummaries, ThreadSummary


class MemoryThreadSummaries(ThreadSummaries):
    """`ThreadSummaries` on the threads of a `MemoryThreadStore`."""

    def __init__(self, threads: MemoryThreadStore) -> None:
        self._threads = threads

    async def save(self, summary: ThreadSummary, context: RequestContext, *, replacing: str | None, items: int) -> bool:
        thread = self._threads.owned(summary.thread_id, context)
        present = thread.summary
        if (present.id if present else None) != replacing or summary.until_item_id not in thread.items.values:
            return False
        if thread.items.count(present.until_item_id if present else None, summary.until_item_id) != items:
            return False
        thread.summary = summary
        return True

    async def load(self, thread_id: str, context: RequestContext) -> ThreadSummary | None:
        return self._threads.owned(thread_id, context).summary
