"""Reservations of uploads in the quotas of users, in SQL."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Text,
    and_,
    bindparam,
    cast,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.stores.sql import thread_statements as sql
from app.adapters.stores.sql.clock import FromNow, Now, duration
from app.adapters.stores.sql.database import Database
from app.adapters.stores.sql.tables import abandoned_files, attachments
from app.adapters.stores.sql.tables import upload_reservations as reservations
from app.adapters.stores.sql.types import AnyText
from app.ports.file_ledger import Upload

_UPLOAD = bindparam("upload_id", type_=AnyText)
_UNTIL = FromNow(duration("seconds"))

_announces = reservations.c.id == reservations.c.attachment_id
_others = reservations.alias()
_brought = exists().where(
    _others.c.attachment_id == reservations.c.attachment_id, _others.c.id != _others.c.attachment_id
)
"""True when an upload of the same file is running."""

_awaited = and_(
    exists().where(attachments.c.id == reservations.c.attachment_id, attachments.c.user_id == sql.USER),
    ~_brought.where(_others.c.user_id == sql.USER),
)
"""True when an announcement counts; the conditions on the user select the index."""


def _taken(held: ColumnElement[bool]) -> ColumnElement[int]:
    """Bytes of a user's attachments plus the reservations that match `held`."""
    stored = select(func.coalesce(func.sum(attachments.c.size), 0)).where(attachments.c.user_id == sql.USER)
    coming = select(func.coalesce(func.sum(reservations.c.bytes), 0)).where(reservations.c.user_id == sql.USER, held)
    return cast(stored.scalar_subquery() + coming.scalar_subquery(), BigInteger)


used = select(_taken(or_(~_announces, _awaited)).label("bytes"))
_taken_beside = select(
    _taken(
        or_(
            ~_announces & (reservations.c.id != _UPLOAD),
            _announces & (reservations.c.attachment_id != sql.ITEM) & _awaited,
        )
    ).label("bytes")
)
_renew = update(reservations).where(reservations.c.id == _UPLOAD).values(until=_UNTIL)
_end = delete(reservations).where(reservations.c.id == _UPLOAD)
_over = reservations.c.until < Now()
_end_lapsed = delete(reservations).where(reservations.c.id == _UPLOAD, _over)
_unsent = and_(attachments.c.id == sql.ITEM, attachments.c.thread_id.is_(None))
_delete_unsent = delete(attachments).where(_unsent)
_fill = (
    update(attachments)
    .where(_unsent, attachments.c.user_id == bindparam("owner", type_=AnyText))
    .values(body=bindparam("new_body", type_=Text), size=bindparam("new_size", type_=BigInteger))
)
_still_brought = _brought.where(_others.c.until >= Now())
_lapsed = (
    select(reservations.c.id, reservations.c.attachment_id, reservations.c.user_id)
    .where(_over, ~_still_brought)
    .order_by(reservations.c.until)
    .limit(bindparam("rows", type_=Integer))
)


class Reservations:
    """Uploads of `SqlFileLedger`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._save = sql.save_attachment(database).statement
        values = {
            "id": _UPLOAD,
            "attachment_id": sql.ITEM,
            "user_id": sql.USER,
            "bytes": sql.SIZE,
            "until": _UNTIL,
        }
        insert = database.insert(reservations).values(values)
        self._reserve = insert.on_conflict_do_update(
            index_elements=["id"], set_={"bytes": insert.excluded.bytes, "until": insert.excluded.until}
        )
        orphan = select(sql.ITEM, Now()).where(~exists().where(attachments.c.id == sql.ITEM))
        self._abandon = database.insert(abandoned_files).from_select(["id", "since"], orphan).on_conflict_do_nothing()

    async def announce(self, row: dict[str, Any], size: int, *, at_most: int | None, life: dt.timedelta) -> bool:
        """See `FileLedger.announce`; `row` is the attachment's."""
        upload = Upload(id=row["item_id"], attachment_id=row["item_id"], user_id=row["user_id"])
        async with self._database.exclusive(_lock(upload)) as connection:
            if await self._reserved(connection, upload, size, at_most, life):
                return False
            await connection.execute(self._save, row)
        return True

    async def reserve(self, upload: Upload, size: int, *, at_most: int | None, life: dt.timedelta) -> int:
        """See `FileLedger.reserve`."""
        async with self._database.exclusive(_lock(upload)) as connection:
            return await self._reserved(connection, upload, size, at_most, life)

    async def renew(self, upload: Upload, *, life: dt.timedelta) -> bool:
        """See `FileLedger.renew`."""
        return await self._database.write(_renew, {"upload_id": upload.id, "seconds": life.total_seconds()}) > 0

    async def settle(self, upload: Upload, row: dict[str, Any], *, announced: bool) -> bool:
        """See `FileLedger.settle`; `row` is the attachment's."""
        async with self._database.exclusive(_lock(upload)) as connection:
            settled = (await connection.execute(_end, {"upload_id": upload.id})).rowcount > 0
            if settled and announced:
                filled = {"new_body": row["body"], "new_size": row["size"]}
                whose = {"item_id": row["item_id"], "owner": row["user_id"]}
                settled = (await connection.execute(_fill, {**whose, **filled})).rowcount > 0
                await connection.execute(_end, {"upload_id": upload.attachment_id})
            elif settled:
                await connection.execute(self._save, row)
            if not settled:
                await self._abandon_orphan(connection, upload)
        return settled

    async def release(self, upload: Upload) -> None:
        """See `FileLedger.release`."""
        await self._database.write(_end, {"upload_id": upload.id})

    async def lapsed(self, limit: int) -> Sequence[Upload]:
        """See `FileLedger.lapsed`."""
        rows = await self._database.rows(_lapsed, {"rows": limit})
        return [Upload(id=row.id, attachment_id=row.attachment_id, user_id=row.user_id) for row in rows]

    async def give_up(self, uploads: Sequence[Upload]) -> None:
        """See `FileLedger.give_up`."""
        for upload in uploads:
            async with self._database.transaction() as connection:
                if not (await connection.execute(_end_lapsed, {"upload_id": upload.id})).rowcount:
                    continue
                if upload.announces:
                    await connection.execute(_delete_unsent, {"item_id": upload.attachment_id})
                await self._abandon_orphan(connection, upload)

    async def _reserved(
        self, connection: AsyncConnection, upload: Upload, size: int, at_most: int | None, life: dt.timedelta
    ) -> int:
        whose = {"upload_id": upload.id, "item_id": upload.attachment_id, "user_id": upload.user_id}
        if at_most is not None:
            taken: int = (await connection.execute(_taken_beside, whose)).scalar_one()
            if taken + size > at_most:
                return taken + size - at_most
        await connection.execute(self._reserve, {**whose, "size": size, "seconds": life.total_seconds()})
        return 0

    async def _abandon_orphan(self, connection: AsyncConnection, upload: Upload) -> None:
        await connection.execute(self._abandon, {"item_id": upload.attachment_id})


def _lock(upload: Upload) -> str:
    return f"files of {upload.user_id}"
