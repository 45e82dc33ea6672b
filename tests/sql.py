"""Helpers for tests of the SQL storage."""

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chatkit.types import InferenceOptions, ThreadMetadata, UserMessageItem, UserMessageTextContent
from sqlalchemy import insert

from app.adapters.stores.sql.storage import SqlStorage
from app.adapters.stores.sql.tables import thread_items
from app.adapters.stores.url import MemoryTarget, parse_database_url
from app.chatkit_json import bodies
from app.domain.identity import RequestContext
from app.environment import Secret
from app.ports.turn_log import TurnRecord

ANN = RequestContext(user_id="ann")
NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


@asynccontextmanager
async def storage_at(url: str, *, pool_size: int = 10) -> AsyncIterator[SqlStorage]:
    """Run the SQL storage at `url`."""
    storage = unstarted(url, pool_size=pool_size)
    try:
        await storage.start()
        yield storage
    finally:
        await storage.aclose()


def unstarted(url: str, *, pool_size: int = 10) -> SqlStorage:
    """Return the SQL storage at `url`; the caller closes it."""
    target = parse_database_url(Secret(url))
    assert not isinstance(target, MemoryTarget)
    return SqlStorage(target, pool_size=pool_size)


def thread(id_: str) -> ThreadMetadata:
    """Return a thread of noon."""
    return ThreadMetadata(id=id_, created_at=NOON)


async def filled_thread(storage: SqlStorage, id_: str, count: int, context: RequestContext) -> None:
    """Store a thread with `count` messages, in the order of their numbers."""
    await storage.threads.save_thread(thread(id_), context)
    items = (message(id_, number) for number in range(count))
    rows = [
        {
            "thread_id": id_,
            "id": item.id,
            "created_at": item.created_at,
            "hidden": False,
            "body": bodies.dump(type(item), item),
        }
        for item in items
    ]
    async with storage.database.transaction() as connection:
        await connection.execute(insert(thread_items), rows)


def message(thread_id: str, number: int, text: str = "Hello") -> UserMessageItem:
    """Return the message `msg_<number>`, `number` seconds after noon."""
    return UserMessageItem(
        id=f"msg_{number}",
        thread_id=thread_id,
        created_at=NOON + dt.timedelta(seconds=number),
        content=[UserMessageTextContent(text=text)],
        inference_options=InferenceOptions(),
    )


def turn(thread_id: str, item_id: str) -> TurnRecord:
    """Return the record of a turn of noon that answered `item_id`."""
    return TurnRecord(
        id="turn_1",
        thread_id=thread_id,
        after_item_id=item_id,
        status="completed",
        provider="demo",
        model="demo",
        started_at=NOON,
        finished_at=NOON,
    )
