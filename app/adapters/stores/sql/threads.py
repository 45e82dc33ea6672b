"""Thread store in SQL: threads, items, attachments, feedback. Each statement checks ownership."""

from collections.abc import Sequence
from typing import Any, Literal

from chatkit.store import NotFoundError
from chatkit.types import Attachment, Page, ThreadItem, ThreadMetadata
from sqlalchemy.exc import IntegrityError

from app.adapters.stores.sql import thread_statements as sql
from app.adapters.stores.sql.create_thread import ThreadCreation
from app.adapters.stores.sql.database import Database
from app.adapters.stores.sql.failures import is_orphan
from app.adapters.stores.sql.files import abandon, attachment_row
from app.adapters.stores.sql.load_context import ContextLoader, ContextQuery
from app.adapters.stores.sql.paging import leave_tombstone
from app.adapters.stores.sql.prepared import Prepared
from app.adapters.stores.sql.summaries import delete_covering, locked_thread, summary_of
from app.adapters.stores.sql.tables import attachments
from app.adapters.stores.sql.turns import record_of
from app.chatkit_json import bodies
from app.chatkit_json.item_text import text_of_item
from app.domain.identity import RequestContext
from app.ports.thread_store import HIDDEN, PAGE_LIMIT, Feedback, LoadedContext, ThreadChange, ThreadStore


class SqlThreadStore(ThreadStore):
    """`ThreadStore` on PostgreSQL or SQLite: one round trip per call, except for deletions, changes of a thread
    and empty pages."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._save_thread = Prepared(sql.saved_thread(database))
        self._save_item = Prepared(sql.added_item(database))
        self._context_loader = ContextLoader(database)
        self._creation = ThreadCreation(database)
        self._save_attachment = sql.save_attachment(database)
        self._save_judgements = sql.save_judgements(database)

    async def load_thread(self, thread_id: str, context: RequestContext) -> ThreadMetadata:
        row = await self._database.row(sql.thread, {"scope": thread_id, "user_id": context.user_id})
        if row is None:
            raise _not_found("Thread", thread_id)
        return _thread(row)

    async def save_thread(self, thread: ThreadMetadata, context: RequestContext) -> None:
        values = {
            "scope": thread.id,
            "user_id": context.user_id,
            "created_at": thread.created_at,
            "body": bodies.dump(ThreadMetadata, thread),
        }
        if not await self._database.write(self._save_thread, values):
            raise _not_found("Thread", thread.id)

    async def update_thread(self, thread_id: str, change: ThreadChange, context: RequestContext) -> ThreadMetadata:
        own = {"scope": thread_id, "user_id": context.user_id}
        while True:
            row = await self._database.row(sql.thread, own)
            if row is None:
                raise _not_found("Thread", thread_id)
            changed = change(stored := _thread(row))
            if changed is stored:
                return stored
            values = {**own, "read_body": row.body, "body": bodies.dump(ThreadMetadata, changed)}
            if await self._database.write(sql.update_thread, values):
                return changed.model_copy(update={"created_at": row.created_at})

    async def create_thread(self, thread: ThreadMetadata, item: ThreadItem, context: RequestContext) -> None:
        values = {
            "scope": thread.id,
            "user_id": context.user_id,
            "begun_at": thread.created_at,
            "thread": bodies.dump(ThreadMetadata, thread),
            **_values(item),
        }
        if not await self._creation.write(values):
            raise _not_found("Thread", thread.id)

    async def load_threads(
        self, limit: int, after: str | None, order: str, context: RequestContext
    ) -> Page[ThreadMetadata]:
        limit = _capped(limit)
        parameters = {"scope": context.user_id, "after": after, "rows": limit + 1}
        rows = await self._database.rows(sql.threads_page(order, continued=after is not None), parameters)
        if not rows and after is not None:
            await self._check_cursor(sql.thread_position, "Thread", parameters)
        return _page([_thread(row) for row in rows], rows, limit)

    async def delete_thread(self, thread_id: str, context: RequestContext) -> None:
        parameters = {"scope": thread_id, "user_id": context.user_id}
        async with self._database.transaction() as connection:
            if (await connection.execute(sql.locked, parameters)).one_or_none() is None:
                raise _not_found("Thread", thread_id)
            await connection.execute(abandon(self._database, attachments.c.thread_id == thread_id))
            gone = (await connection.execute(sql.delete_thread, parameters)).one()
            await connection.execute(leave_tombstone(self._database, "thread", context.user_id, thread_id, gone))
            await connection.execute(sql.delete_item_tombstones, parameters)

    async def load_thread_items(
        self, thread_id: str, after: str | None, limit: int, order: str, context: RequestContext
    ) -> Page[ThreadItem]:
        limit = _capped(limit)
        parameters = {"scope": thread_id, "user_id": context.user_id, "after": after, "rows": limit + 1}
        query = sql.items_page(order, continued=after is not None, sees_hidden=context.sees_hidden)
        rows = await self._database.rows(query, parameters)
        if not rows:
            await self.load_thread(thread_id, context)
            if after is not None:
                await self._check_cursor(sql.item_position, "Item", parameters)
        return _page(await bodies.load_all(rows[:limit], _item), rows, limit)

    async def load_item(self, thread_id: str, item_id: str, context: RequestContext) -> ThreadItem:
        parameters = {"scope": thread_id, "user_id": context.user_id, "item_id": item_id}
        row = await self._database.row(sql.item, parameters)
        if row is None:
            raise _not_found("Item", item_id)
        return _item(row)

    async def add_thread_item(self, thread_id: str, item: ThreadItem, context: RequestContext) -> None:
        await self.save_item(thread_id, item, context)

    async def load_context(
        self,
        thread_id: str,
        newest: int,
        context: RequestContext,
        *,
        adding: ThreadItem | None = None,
        with_summary: bool = False,
    ) -> LoadedContext:
        values = {"scope": thread_id, "user_id": context.user_id, "rows": newest}
        if adding is not None:
            values |= _values(adding)
        try:
            wanted = ContextQuery(sees_hidden=context.sees_hidden, with_summary=with_summary)
            rows = await self._context_loader.rows(values, wanted, adds=adding is not None)
        except IntegrityError as error:
            # The thread was deleted while the statement ran.
            if not is_orphan(error):
                raise
            rows = ()
        if not rows:
            raise _not_found("Thread", thread_id)
        thread: ThreadMetadata = bodies.load(ThreadMetadata, rows[0].thread)
        thread.created_at = rows[0].begun_at
        found = [row for row in reversed(rows) if row.body is not None]
        items = await bodies.load_all(found, _item)
        answered = zip(items, found, strict=True)
        turns = {item.id: record_of(row.turn) for item, row in answered if row.turn is not None}
        summary = summary_of(rows[0].summary) if with_summary else None
        return LoadedContext(thread=thread, items=items, turns=turns, summary=summary)

    async def save_item(self, thread_id: str, item: ThreadItem, context: RequestContext) -> None:
        values = {"scope": thread_id, "user_id": context.user_id, **_values(item)}
        if not await self._write_into_thread(self._save_item, values):
            raise _not_found("Thread", thread_id)

    async def delete_thread_item(self, thread_id: str, item_id: str, context: RequestContext) -> None:
        parameters = {"scope": thread_id, "user_id": context.user_id, "item_id": item_id}
        async with self._database.transaction() as connection:
            await connection.execute(locked_thread, parameters)
            gone = (await connection.execute(sql.delete_item, parameters)).one_or_none()
            if gone is None:
                raise _not_found("Item", item_id)
            await connection.execute(leave_tombstone(self._database, "item", thread_id, item_id, gone))
            await connection.execute(sql.delete_turn, parameters)
            place = {"scope": thread_id, "at": gone.created_at, "position": gone.seq}
            await connection.execute(delete_covering, place)

    async def save_attachment(self, attachment: Attachment, context: RequestContext) -> None:
        if not await self._write_into_thread(self._save_attachment, attachment_row(attachment, context)):
            raise _not_found("Attachment", attachment.id)

    async def load_attachment(self, attachment_id: str, context: RequestContext) -> Attachment:
        row = await self._database.row(sql.attachment, {"item_id": attachment_id, "user_id": context.user_id})
        if row is None:
            raise _not_found("Attachment", attachment_id)
        attachment: Attachment = bodies.load(Attachment, row.body)
        return attachment

    async def delete_attachment(self, attachment_id: str, context: RequestContext) -> None:
        parameters = {"item_id": attachment_id, "user_id": context.user_id}
        own = (attachments.c.id == attachment_id) & (attachments.c.user_id == context.user_id)
        async with self._database.transaction() as connection:
            await connection.execute(abandon(self._database, own))
            if not (await connection.execute(sql.delete_attachment, parameters)).rowcount:
                raise _not_found("Attachment", attachment_id)

    async def save_feedback(
        self,
        thread_id: str,
        item_ids: Sequence[str],
        kind: Literal["positive", "negative"],
        context: RequestContext,
        *,
        question: str = "",
    ) -> None:
        wanted = sorted(set(item_ids))
        parameters = {
            "scope": thread_id,
            "user_id": context.user_id,
            "item_ids": wanted,
            "kind": kind,
            "question": question,
        }
        await self.load_thread(thread_id, context)
        async with self._database.transaction() as connection:
            saved = (await connection.execute(self._save_judgements, parameters)).rowcount
            if saved != len(wanted):
                raise _not_found("Item", ", ".join(wanted))

    async def load_feedback(self, thread_id: str, context: RequestContext) -> Sequence[Feedback]:
        rows = await self._database.rows(sql.judgements, {"scope": thread_id, "user_id": context.user_id})
        if not rows:
            await self.load_thread(thread_id, context)
        return [
            Feedback(
                thread_id=thread_id,
                item_id=row.item_id,
                kind=row.kind,
                question=row.question,
                answer=text_of_item(bodies.load_item(row.item_body)),
            )
            for row in rows
        ]

    async def _write_into_thread(self, statement: Prepared, values: dict[str, Any]) -> bool:
        try:
            return await self._database.write(statement, values) > 0
        except IntegrityError as error:
            # The thread was deleted while the statement ran.
            if is_orphan(error):
                return False
            raise

    async def _check_cursor(self, position: Any, what: str, parameters: dict[str, Any]) -> None:
        if await self._database.row(position, parameters) is None:
            raise _not_found(what, parameters["after"])


def _capped(limit: int) -> int:
    return max(1, min(limit, PAGE_LIMIT))


def _page(entries: list[Any], rows: Sequence[Any], limit: int) -> Page[Any]:
    entries = entries[:limit]
    more = bool(rows) and rows[0].found > len(entries)
    return Page(data=entries, has_more=more, after=entries[-1].id if more else None)


def _values(item: ThreadItem) -> dict[str, Any]:
    body = bodies.dump(ThreadItem, item)
    return {"item_id": item.id, "created_at": item.created_at, "hidden": item.type in HIDDEN, "body": body}


def _thread(row: Any) -> ThreadMetadata:
    thread: ThreadMetadata = bodies.load(ThreadMetadata, row.body)
    thread.created_at = row.created_at
    return thread


def _item(row: Any) -> ThreadItem:
    item = bodies.load_item(row.body)
    item.created_at = row.created_at
    return item


def _not_found(what: str, id_: str) -> NotFoundError:
    return NotFoundError(f"{what} {id_} not found")
