"""Thread summaries: what a model is told of the beginning of a long thread, stored with the thread."""

import datetime as dt
from abc import ABC, abstractmethod

import msgspec

from app.domain.identity import RequestContext


class ThreadSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Summary of a thread's items from the first to `until_item_id`, as `model` of `provider` wrote it."""

    id: str
    thread_id: str
    until_item_id: str
    text: str
    provider: str
    model: str
    written_at: dt.datetime


class ThreadSummaries(ABC):
    """Thread summaries: at most one for each thread, scoped to the caller like the thread itself.

    A summary is deleted with its thread, and with each item that it covers, in the same unit of work: no text of a
    deleted item lives on in it. The contract is `tests/contracts/test_thread_summaries.py`.
    """

    @abstractmethod
    async def save(self, summary: ThreadSummary, context: RequestContext, *, replacing: str | None, items: int) -> bool:
        """Save a summary that covers `items` further items, by compare-and-set.

        The items are those behind the summary with the id `replacing`, or from the first item when it is None. Saves
        nothing and returns False when the thread has another summary than `replacing`, or another number of items
        there: one was deleted, or added, after the summary's author read them.

        Raises `chatkit.store.NotFoundError` when the thread is not the caller's.
        """

    @abstractmethod
    async def load(self, thread_id: str, context: RequestContext) -> ThreadSummary | None:
        """Return the summary of a thread, or None.

        Raises `chatkit.store.NotFoundError` when the thread is not the caller's.
        """
