"""`threads.get_by_id`, `threads.list`, `threads.update` and `threads.delete`."""

from typing import Any, Final

from chatkit.types import (
    Page,
    Thread,
    ThreadsDeleteReq,
    ThreadsGetByIdReq,
    ThreadsListReq,
    ThreadsUpdateReq,
)

from app.application.attachments.cleanup import FileCleanup
from app.application.turns.registry import TurnRegistry
from app.domain.identity import RequestContext
from app.entrypoints.chatkit.presentation import thread_response
from app.entrypoints.chatkit.turn_placement import add_unfinished
from app.ports.thread_store import ThreadStore

PAGE_SIZE: Final = 20
"""Entries of a page for a client that names no limit, the default of ChatKit's own server."""


class ThreadHandler:
    """Loads, lists, renames and deletes threads of a user."""

    def __init__(self, store: ThreadStore, turns: TurnRegistry, cleanup: FileCleanup) -> None:
        self._store = store
        self._turns = turns
        self._cleanup = cleanup

    async def get(self, request: ThreadsGetByIdReq, context: RequestContext) -> Thread:
        """A thread with its first items and the unfinished messages of its turn. Raises `NotFoundError`."""
        thread_id = request.params.thread_id
        thread = await self._store.load_thread(thread_id, context)
        page: Page[Any] = await self._store.load_thread_items(thread_id, None, PAGE_SIZE, "asc", context)
        add_unfinished(page, await self._turns.open(thread_id), "asc", first=True)
        return thread_response(thread, page)

    async def list(self, request: ThreadsListReq, context: RequestContext) -> Page[Thread]:
        """A page of the user's threads, without their items. Raises `NotFoundError` for an unknown cursor."""
        params = request.params
        found = await self._store.load_threads(params.limit or PAGE_SIZE, params.after, params.order, context)
        threads = [thread_response(thread) for thread in found.data]
        return Page(data=threads, has_more=found.has_more, after=found.after)

    async def update(self, request: ThreadsUpdateReq, context: RequestContext) -> Thread:
        """Rename a thread. Raises `NotFoundError`."""
        renamed = {"title": request.params.title}
        thread = await self._store.update_thread(
            request.params.thread_id, lambda stored: stored.model_copy(update=renamed), context
        )
        return thread_response(thread)

    async def delete(self, request: ThreadsDeleteReq, context: RequestContext) -> None:
        """Delete a thread with its items and files, and end its turn. Raises `NotFoundError`."""
        await self._store.delete_thread(request.params.thread_id, context)
        await self._turns.end_deleted(request.params.thread_id)
        self._cleanup.request()
