"""Everything that is kept of one user, for them to take along."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import msgspec
from chatkit.store import NotFoundError
from chatkit.types import ThreadItem, ThreadMetadata

from app.application.limits.counters import PAUSE_SECONDS
from app.application.turns.remote import POLL_SECONDS
from app.domain import errors
from app.domain.identity import RequestContext
from app.ports.attachment_storage import AttachmentStorage
from app.ports.storage import Erasure, Storage
from app.ports.thread_store import PAGE_LIMIT

Record = dict[str, Any]

SETTLING_SECONDS = POLL_SECONDS + 2 * PAUSE_SECONDS
"""A server ends a user's answers within one look at its leases, and writes what they cost with its next counts."""


async def export_user(storage: Storage, files: AttachmentStorage, user_id: str) -> AsyncIterator[Record]:
    """Threads, each followed by its items, turns and feedback, then tasks and attachments; oldest first.

    A record says in `kind` what it is, and holds ChatKit's or our own JSON in `data`. What is deleted meanwhile may
    be missing.
    """
    context = RequestContext(user_id=user_id)
    async for thread in _threads(storage, context):
        yield {"kind": "thread", "data": thread.model_dump(mode="json")}
        try:
            async for record in _contents(storage, thread.id, context):
                yield record
        except NotFoundError:
            continue
    async for record in _tasks(storage, user_id):
        yield record
    async for record in _attachments(storage, files, context):
        yield record


async def erase_user(storage: Storage, user_id: str) -> Erasure:
    """Delete everything of one user, and what servers that run write of them while they find out.

    Raises `StoreUnavailableError`; safe to repeat.
    """
    gone = await storage.erase(user_id)
    if not gone.is_recent:
        return gone
    await asyncio.sleep(SETTLING_SECONDS)
    rest = await storage.erase(user_id)
    return Erasure(threads=gone.threads + rest.threads, tasks=gone.tasks + rest.tasks)


async def _threads(storage: Storage, context: RequestContext) -> AsyncIterator[ThreadMetadata]:
    after = None
    while True:
        page = await storage.threads.load_threads(PAGE_LIMIT, after, "asc", context)
        for thread in page.data:
            yield thread
        if (after := page.after) is None:
            return


async def _contents(storage: Storage, thread_id: str, context: RequestContext) -> AsyncIterator[Record]:
    after = None
    while True:
        page = await storage.threads.load_thread_items(thread_id, after, PAGE_LIMIT, "asc", context)
        turns = await storage.turn_log.load(thread_id, [item.id for item in page.data], context)
        for item in page.data:
            yield _item(item)
            if item.id in turns:
                yield {"kind": "turn", "data": msgspec.to_builtins(turns[item.id])}
        if (after := page.after) is None:
            break
    for judgement in await storage.threads.load_feedback(thread_id, context):
        yield {"kind": "feedback", "data": msgspec.to_builtins(judgement)}


async def _tasks(storage: Storage, user_id: str) -> AsyncIterator[Record]:
    after = None
    while tasks := await storage.tasks.list(user_id, after=after):
        for task in tasks:
            yield {"kind": "task", "data": msgspec.to_builtins(task)}
        after = tasks[-1].id


async def _attachments(storage: Storage, files: AttachmentStorage, context: RequestContext) -> AsyncIterator[Record]:
    """With the file itself as base64 in `content`; None for one that never arrived."""
    after = ""
    while ids := await storage.files.of_user(context.user_id, after=after):
        for id_ in ids:
            with suppress(NotFoundError):
                attachment = await storage.threads.load_attachment(id_, context)
                about = attachment.model_dump(mode="json", exclude={"preview_url", "upload_descriptor"})
                yield {"kind": "attachment", "data": about, "content": await _content(files, id_)}
        after = ids[-1]


async def _content(files: AttachmentStorage, key: str) -> str | None:
    try:
        return base64.b64encode(b"".join([piece async for piece in files.read(key)])).decode()
    except errors.NotFoundError:
        return None


def _item(item: ThreadItem) -> Record:
    return {"kind": "item", "data": item.model_dump(mode="json")}
