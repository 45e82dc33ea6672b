"""Summaries of long threads: a model writes them in the background, for the turns that follow."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Final

import structlog
from chatkit.store import NotFoundError
from chatkit.types import ThreadItem

from app.application.conversation.summary_pieces import Piece, left_uncovered, next_piece
from app.application.limits.rules import Limits
from app.domain.clock import clock
from app.domain.conversation import HistoryWindow, within_bytes
from app.domain.errors import AnyportError
from app.domain.identity import RequestContext
from app.domain.ids import new_id
from app.ports.history_summarizer import HistorySummarizer
from app.ports.thread_store import PAGE_LIMIT, ThreadStore
from app.ports.thread_summaries import ThreadSummaries, ThreadSummary
from app.ports.turn_log import TokenUsage, TurnLog, TurnRecord

log = structlog.get_logger(__name__)

SECONDS: Final = 120.0
"""Timeout of one step of a summary."""

AT_ONCE: Final = 4
"""Most requests of summaries at once in a process; further ones wait."""


class Summaries:
    """Writes summaries in background tasks, one at a time for each thread, so that no answer waits.

    A long thread is summarised in several steps, each of which is stored. After a failure the summary stays as it is,
    and the next turn that needs more tries again.
    """

    def __init__(
        self,
        threads: ThreadStore,
        turn_log: TurnLog,
        summaries: ThreadSummaries,
        limits: Limits,
        summarizer: HistorySummarizer,
        window: HistoryWindow,
    ) -> None:
        self._threads = threads
        self._turn_log = turn_log
        self._summaries = summaries
        self._limits = limits
        self._summarizer = summarizer
        self._window = window
        self._running: dict[str, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._closing = False

    def schedule(self, thread_id: str, context: RequestContext) -> None:
        """Schedule an extension of the thread's summary. Does nothing while one is running."""
        if self._closing or thread_id in self._running:
            return
        task = self._running[thread_id] = asyncio.create_task(self._extend(thread_id, context))
        task.add_done_callback(lambda _: self._running.pop(thread_id, None))

    async def wait_idle(self) -> None:
        """Wait until no summary is being written."""
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def aclose(self) -> None:
        """Cancel all summaries that are being written; the steps that were stored stay."""
        self._closing = True
        for task in self._running.values():
            task.cancel()
        await self.wait_idle()

    async def _extend(self, thread_id: str, context: RequestContext) -> None:
        try:
            await self._write_steps(thread_id, context)
        except NotFoundError:
            log.debug("summary dropped: thread deleted", thread=thread_id)
        except TimeoutError:
            log.warning("summary timed out", thread=thread_id, seconds=SECONDS)
        except AnyportError as failure:
            log.warning("summary not written", thread=thread_id, code=failure.code, detail=failure.detail)
        except Exception as error:  # No caller awaits the task, so the error is logged here.
            log.exception("summary not written", thread=thread_id, exc_info=error)

    async def _write_steps(self, thread_id: str, context: RequestContext) -> None:
        loaded = await self._threads.load_context(thread_id, self._window.items + 1, context, with_summary=True)
        left_out = left_uncovered(loaded, self._window)
        if left_out is None:
            return
        summary: ThreadSummary | None = loaded.summary
        del loaded
        while True:
            items = self._items_after(thread_id, summary.until_item_id if summary else None, context)
            piece = await next_piece(items, self._window.piece_bytes, left_out)
            if not piece.items:
                return
            extended, usage = await self._extended(thread_id, summary, piece, context)
            # Tokens of a deleted thread are not counted: they could be the only trace of a user who was erased.
            replacing = summary.id if summary else None
            is_saved = await self._summaries.save(extended, context, replacing=replacing, items=piece.items)
            self._limits.spend(context.user_id, usage)
            if not is_saved:
                log.info("summary dropped: the thread has changed", thread=thread_id)
                return
            summary = extended

    async def _extended(
        self, thread_id: str, summary: ThreadSummary | None, piece: Piece, context: RequestContext
    ) -> tuple[ThreadSummary, TokenUsage]:
        """The summary with one more piece, and its tokens; a piece without a text needs no model."""
        text, author, usage = summary.text if summary else "", None, TokenUsage()
        if piece.passages:
            await self._limits.admit_turn(context.user_id)
            limit = self._window.summary_bytes
            async with self._slots, asyncio.timeout(SECONDS):
                written = await self._summarizer.extend(text, piece.passages, limit=limit)
            text, author, usage = within_bytes(written.text.strip(), limit), written.author, written.usage
        extended = ThreadSummary(
            id=new_id("sum"),
            thread_id=thread_id,
            until_item_id=piece.until_item_id,
            text=text,
            provider=author.provider if author else "",
            model=author.model if author else "",
            written_at=clock.now(),
        )
        return extended, usage

    async def _items_after(
        self, thread_id: str, after: str | None, context: RequestContext
    ) -> AsyncGenerator[tuple[ThreadItem, TurnRecord | None], None]:
        """The items behind `after`, oldest first, each with the turn that answered it; read in pages."""
        while True:
            page = await self._threads.load_thread_items(thread_id, after, PAGE_LIMIT, "asc", context)
            turns = await self._turn_log.load(thread_id, [item.id for item in page.data], context)
            for item in page.data:
                yield item, turns.get(item.id)
            if (after := page.after) is None:
                return
