"""Turn log in SQL."""

import json
from collections.abc import Mapping, Sequence

import msgspec
from chatkit.store import NotFoundError
from sqlalchemy import ARRAY, Executable, Insert, and_, any_, bindparam, delete, literal, select
from sqlalchemy.exc import IntegrityError

from app.adapters.stores.sql.database import Database
from app.adapters.stores.sql.failures import is_orphan
from app.adapters.stores.sql.prepared import Prepared
from app.adapters.stores.sql.tables import threads, turns
from app.adapters.stores.sql.thread_statements import BODY, ITEM, ITEMS, SCOPE, USER, owned
from app.adapters.stores.sql.types import AnyText
from app.adapters.stores.sql.upsert import upsert
from app.domain.identity import RequestContext
from app.ports.turn_log import TurnLog, TurnRecord


def _load(database: Database) -> Executable:
    """Query of turn records: one row without a turn for a thread without records, no row for another user's thread.

    PostgreSQL takes the ids as one array: an expanding list would be another statement for each length, and preparing a
    statement costs a round trip.
    """
    together = any_(bindparam("item_ids", type_=ARRAY(AnyText)))
    asked = turns.c.after_item_id == together if database.name == "postgresql" else turns.c.after_item_id.in_(ITEMS)
    return (
        select(turns.c.body)
        .select_from(threads.outerjoin(turns, and_(turns.c.thread_id == threads.c.id, asked)))
        .where(threads.c.id == SCOPE, threads.c.user_id == USER)
    )


_delete = Prepared(delete(turns).where(turns.c.thread_id == SCOPE, turns.c.after_item_id == ITEM, owned))
_owned = Prepared(select(literal(1)).where(owned))


class SqlTurnLog(TurnLog):
    """`TurnLog` on PostgreSQL or SQLite."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._load = _load(database)
        self._save = Prepared(save_turn(database))

    async def save(self, record: TurnRecord, context: RequestContext) -> None:
        try:
            stored = await self._database.write(self._save, turn_row(record, context)) > 0
        except IntegrityError as error:
            # The thread was deleted while the statement ran.
            if not is_orphan(error):
                raise
            stored = False
        if not stored:
            raise NotFoundError(f"Thread {record.thread_id} not found")

    async def delete(self, thread_id: str, after_item_id: str, context: RequestContext) -> None:
        values = {"scope": thread_id, "user_id": context.user_id}
        deleted = await self._database.write(_delete, {**values, "item_id": after_item_id})
        if not deleted and not await self._database.row(_owned, values):
            raise NotFoundError(f"Thread {thread_id} not found")

    async def load(
        self, thread_id: str, after_item_ids: Sequence[str], context: RequestContext
    ) -> Mapping[str, TurnRecord]:
        parameters = {"scope": thread_id, "user_id": context.user_id, "item_ids": list(after_item_ids)}
        rows = await self._database.rows(self._load, parameters)
        if not rows:
            raise NotFoundError(f"Thread {thread_id} not found")
        records = [record_of(row.body) for row in rows if row.body is not None]
        return {record.after_item_id: record for record in records}


def save_turn(database: Database) -> Insert:
    """Insert or update a turn record; affects no row unless the caller owns the thread."""
    values = {"thread_id": SCOPE, "after_item_id": ITEM, "body": BODY}
    return upsert(database, turns, values, keys=["thread_id", "after_item_id"], allowed=owned)


def turn_row(record: TurnRecord, context: RequestContext) -> dict[str, str]:
    """The parameters that store a turn record."""
    return {
        "scope": record.thread_id,
        "user_id": context.user_id,
        "item_id": record.after_item_id,
        "body": _encoded(record),
    }


def record_of(body: str) -> TurnRecord:
    """Decode a turn record."""
    try:
        return msgspec.json.decode(body, type=TurnRecord)
    except msgspec.DecodeError:
        return msgspec.convert(json.loads(body), TurnRecord)


def _encoded(record: TurnRecord) -> str:
    try:
        return msgspec.json.encode(record).decode()
    except UnicodeEncodeError:
        # Output of a model may contain half an emoji, which only the standard library encodes and decodes.
        return json.dumps(msgspec.to_builtins(record))
