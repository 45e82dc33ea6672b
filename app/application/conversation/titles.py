"""Titles of threads: the first words at once, then a title that a model writes in the background."""

import asyncio
from typing import Final

import structlog
from chatkit.store import NotFoundError
from chatkit.types import AssistantMessageItem, ThreadItem, ThreadMetadata, UserMessageItem

from app.application.limits.rules import Limits
from app.domain.conversation import clean_title
from app.domain.errors import AnyportError
from app.domain.identity import RequestContext
from app.ports.thread_store import ThreadStore
from app.ports.title_writer import TitleWriter

log = structlog.get_logger(__name__)

SECONDS: Final = 30.0
"""Timeout of one title."""

_READ_ITEMS: Final = 10
_READ_CHARACTERS: Final = 1_500


class Titles:
    """Writes titles in background tasks, so that no answer waits. After a failure the plain title stays."""

    def __init__(self, store: ThreadStore, limits: Limits, writer: TitleWriter) -> None:
        self._store = store
        self._limits = limits
        self._writer = writer
        self._running: set[asyncio.Task[None]] = set()
        self._closing = False

    def schedule(self, thread: ThreadMetadata, context: RequestContext) -> None:
        """Schedule a title for a thread with a complete first answer. The present title counts as the plain title."""
        if self._closing:
            return
        task = asyncio.create_task(self._improve(thread.id, thread.title, context))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def wait_idle(self) -> None:
        """Wait until no title is being written."""
        await asyncio.gather(*self._running, return_exceptions=True)

    async def aclose(self) -> None:
        """Cancel all titles that are being written; their threads have the plain title."""
        self._closing = True
        for task in self._running:
            task.cancel()
        await self.wait_idle()

    async def _improve(self, thread_id: str, plain: str | None, context: RequestContext) -> None:
        try:
            async with asyncio.timeout(SECONDS):
                title = await self._written(thread_id, context)
            if title is not None:
                await self._save(thread_id, plain, title, context)
        except NotFoundError:
            log.debug("title dropped: thread deleted", thread=thread_id)
        except TimeoutError:
            log.warning("title timed out", thread=thread_id, seconds=SECONDS)
        except AnyportError as failure:
            log.warning("title not written", thread=thread_id, code=failure.code, detail=failure.detail)
        except Exception as error:  # No caller awaits the task, so the error is logged here.
            log.exception("title not written", thread=thread_id, exc_info=error)

    async def _written(self, thread_id: str, context: RequestContext) -> str | None:
        await self._limits.admit_turn(context.user_id)
        page = await self._store.load_thread_items(thread_id, None, _READ_ITEMS, "asc", context.as_client())
        question = next((item for item in page.data if isinstance(item, UserMessageItem)), None)
        answer = next((item for item in page.data if isinstance(item, AssistantMessageItem)), None)
        if question is None:
            return None
        written = await self._writer.write(_text(question), _text(answer))
        self._limits.spend(context.user_id, written.usage)
        return clean_title(written.text)

    async def _save(self, thread_id: str, plain: str | None, title: str, context: RequestContext) -> None:
        def improved(stored: ThreadMetadata) -> ThreadMetadata:
            # A user who renamed the thread meanwhile keeps that name.
            return stored.model_copy(update={"title": title}) if stored.title == plain else stored

        await self._store.update_thread(thread_id, improved, context)


def _text(item: ThreadItem | None) -> str:
    parts = item.content if isinstance(item, UserMessageItem | AssistantMessageItem) else []
    return "".join(part.text for part in parts)[:_READ_CHARACTERS]
