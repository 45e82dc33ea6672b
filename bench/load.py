"""Fills a database: a few conversations and users that are looked at, among many that are not."""

from collections.abc import Iterator
from typing import Any

import msgspec
from chatkit.types import ThreadMetadata
from sqlalchemy import Text, bindparam, text

from app.adapters.stores.sql.open_database import open_database
from app.adapters.stores.sql.types import UtcDateTime
from app.adapters.stores.url import MemoryTarget, parse_database_url
from app.environment import Secret
from tests.sql import NOON, message

ITEMS_PER_THREAD = 50

_NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < :count - 1)"
_THREADS = "INSERT INTO threads (id, user_id, created_at, body)"
_ITEMS = "INSERT INTO thread_items (thread_id, id, created_at, hidden, body)"

_VALUES: dict[str, tuple[Any, Any]] = {
    "noon": (NOON, UtcDateTime),
    "thread": (ThreadMetadata(id="thr_x", created_at=NOON).model_dump_json(), Text),
    "item": (message("thr_x", 1, "What is the capital of Burkina Faso? " * 8).model_dump_json(), Text),
}


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """How much there is; every tenth item is hidden."""

    items: int
    users: int

    @property
    def deep(self) -> int:
        """Items of the longest thread."""
        return min(110_000, self.items // 4)

    @property
    def many(self) -> int:
        """Threads of the busiest user."""
        return min(10_000, self.items // 10)


async def fill(url: str, load: Load) -> None:
    """Write it all in one transaction, then let the planner look at it."""
    target = parse_database_url(Secret(url))
    if isinstance(target, MemoryTarget):
        raise TypeError("memory is filled in no time")
    database = open_database(target, pool_size=1, statement_seconds=None)
    try:
        async with database.transaction() as connection:
            for into, count, row in _inserts(load):
                used = [
                    bindparam(name, value, type_=kind) for name, (value, kind) in _VALUES.items() if f":{name}" in row
                ]
                statement = text(f"{into} {_NUMBERS} SELECT {row} FROM n")
                await connection.execute(statement.bindparams(*used, count=count))
            await connection.execute(text("ANALYZE"))
    finally:
        await database.aclose()


def _inserts(load: Load) -> Iterator[tuple[str, int, str]]:
    for thread, items in {"thr_short": 10, "thr_long": 10_000, "thr_deep": load.deep}.items():
        yield _THREADS, 1, f"'{thread}', 'user_turns', :noon, :thread"
        yield _ITEMS, items, f"'{thread}', 'msg_' || i, :noon, i % 10 = 9, :item"
    yield _THREADS, 10, "'thr_few_' || i, 'user_few', :noon, :thread"
    yield _THREADS, load.many, "'thr_many_' || i, 'user_many', :noon, :thread"
    yield _ITEMS, load.many, "'thr_many_' || i, 'msg_0', :noon, i % 10 = 9, :item"
    rest = load.items - load.deep - load.many - 10_010
    threads = max(rest // ITEMS_PER_THREAD, 1)
    yield _THREADS, threads, f"'thr_' || i, 'user_' || (i % {load.users}), :noon, :thread"
    yield _ITEMS, rest, f"'thr_' || (i % {threads}), 'msg_' || (i / {threads}), :noon, i % 10 = 9, :item"
