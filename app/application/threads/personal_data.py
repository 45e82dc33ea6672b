"""Personal data of one user: export and erasure."""

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
"""Time in which running servers end the user's turns (one heartbeat) and write their counters."""


async def export_user(storage: Storage, files: AttachmentStorage, user_id: str) -> AsyncIterator[Record]:
    """Export a user's threads, each with items, turns, approvals, summary and feedback, then tasks and attachments.

    The oldest come first. A record has its type in `kind`, and ChatKit's or our own JSON in `data`. Data deleted
    meanwhile may be missing.
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
    """Erase a user, also the rows that running servers write before they notice.

    Idempotent. Raises `StoreUnavailableError`.
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
    for decision in await storage.approvals.load(thread_id, context):
        yield {"kind": "approval", "data": msgspec.to_builtins(decision)}
    if (summary := await storage.summaries.load(thread_id, context)) is not None:
        yield {"kind": "summary", "data": msgspec.to_builtins(summary)}
    for judgement in await storage.threads.load_feedback(thread_id, context):
        yield {"kind": "feedback", "data": msgspec.to_builtins(judgement)}


async def _tasks(storage: Storage, user_id: str) -> AsyncIterator[Record]:
    after = None
    while tasks := await storage.tasks.list(user_id, after=after):
        for task in tasks:
            yield {"kind": "task", "data": msgspec.to_builtins(task)}
        after = tasks[-1].id


async def _attachments(storage: Storage, files: AttachmentStorage, context: RequestContext) -> AsyncIterator[Record]:
    """Export attachments with their file as base64 in `content`; None for a file that was never uploaded."""
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
