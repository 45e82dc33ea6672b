"""File ledger in SQL."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from chatkit.types import Attachment
from sqlalchemy import ColumnElement, Executable, Integer, bindparam, delete, select

from app.adapters.stores.sql.clock import FromNow, Now, duration
from app.adapters.stores.sql.database import Database
from app.adapters.stores.sql.tables import abandoned_files, attachments
from app.adapters.stores.sql.types import AnyText
from app.adapters.stores.sql.uploads import Reservations, used
from app.chatkit_json import bodies
from app.domain.identity import RequestContext
from app.ports.file_ledger import FileLedger, Upload, size_of

_USER = bindparam("user_id", type_=AnyText)
_IDS = bindparam("ids", type_=AnyText, expanding=True)
_ROWS = bindparam("rows", type_=Integer)

_of_user = (
    select(attachments.c.id)
    .where(attachments.c.user_id == _USER, attachments.c.id > bindparam("after", type_=AnyText))
    .order_by(attachments.c.id)
    .limit(_ROWS)
)
_unsent = attachments.c.thread_id.is_(None) & (attachments.c.created_at <= FromNow(-duration("seconds")))
_old = select(attachments.c.id).where(_unsent).order_by(attachments.c.created_at).limit(_ROWS)
_delete_old = delete(attachments).where(attachments.c.id.in_(_IDS), _unsent).returning(attachments.c.id)
_abandoned = (
    select(abandoned_files.c.id).where(abandoned_files.c.since <= Now()).order_by(abandoned_files.c.since).limit(_ROWS)
)
_cleared = delete(abandoned_files).where(abandoned_files.c.id.in_(_IDS))


def attachment_row(attachment: Attachment, context: RequestContext) -> dict[str, Any]:
    """The parameters that store an attachment."""
    return {
        "item_id": attachment.id,
        "user_id": context.user_id,
        "scope": attachment.thread_id,
        "body": bodies.dump(Attachment, attachment),
        "size": size_of(attachment),
    }


def abandon(database: Database, whose: ColumnElement[bool]) -> Executable:
    """List the files of attachments as abandoned, before the same transaction deletes the attachments."""
    files = select(attachments.c.id, Now()).where(whose)
    listed: Executable = database.insert(abandoned_files).from_select(["id", "since"], files).on_conflict_do_nothing()
    return listed


class SqlFileLedger(FileLedger):
    """`FileLedger` on PostgreSQL or SQLite."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._uploads = Reservations(database)

    async def of_user(self, user_id: str, *, after: str = "", limit: int = 100) -> Sequence[str]:
        return await self._ids(_of_user, {"user_id": user_id, "after": after, "rows": limit})

    async def used(self, user_id: str) -> int:
        row = await self._database.row(used, {"user_id": user_id})
        return int(row.bytes) if row else 0

    async def announce(
        self, attachment: Attachment, context: RequestContext, size: int, *, at_most: int | None, life: dt.timedelta
    ) -> bool:
        return await self._uploads.announce(attachment_row(attachment, context), size, at_most=at_most, life=life)

    async def reserve(self, upload: Upload, size: int, *, at_most: int | None, life: dt.timedelta) -> int:
        return await self._uploads.reserve(upload, size, at_most=at_most, life=life)

    async def renew(self, upload: Upload, *, life: dt.timedelta) -> bool:
        return await self._uploads.renew(upload, life=life)

    async def settle(self, upload: Upload, attachment: Attachment, context: RequestContext, *, announced: bool) -> bool:
        return await self._uploads.settle(upload, attachment_row(attachment, context), announced=announced)

    async def release(self, upload: Upload) -> None:
        await self._uploads.release(upload)

    async def lapsed(self, *, limit: int = 100) -> Sequence[Upload]:
        return await self._uploads.lapsed(limit)

    async def give_up(self, uploads: Sequence[Upload]) -> None:
        await self._uploads.give_up(uploads)

    async def abandon_unsent(self, age: dt.timedelta, *, batch: int = 100) -> int:
        old = {"seconds": age.total_seconds()}
        ids = await self._ids(_old, {**old, "rows": batch})
        if not ids:
            return 0
        async with self._database.transaction() as connection:
            # A message may have used one of them meanwhile.
            gone = (await connection.execute(_delete_old, {"ids": ids, **old})).scalars().all()
            if gone:
                listed = self._database.insert(abandoned_files).values([{"id": id_, "since": Now()} for id_ in gone])
                await connection.execute(listed.on_conflict_do_nothing())
        return len(ids)

    async def abandoned(self, *, limit: int = 100) -> Sequence[str]:
        return await self._ids(_abandoned, {"rows": limit})

    async def cleared(self, keys: Sequence[str]) -> None:
        if keys:
            await self._database.write(_cleared, {"ids": list(keys)})

    async def _ids(self, query: Executable, parameters: dict[str, Any]) -> Sequence[str]:
        return [row.id for row in await self._database.rows(query, parameters)]
