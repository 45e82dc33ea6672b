"""Nothing of a user is left behind an erase, in no table and in no byte of SQLite's files."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from chatkit.types import FileAttachment

from app.adapters.stores import open_storage
from app.adapters.stores.sql.storage import SqlStorage
from app.application.limits.counters import WriteBehindCounters
from app.application.limits.rules import Limits, Rules
from app.application.threads.change_feed import Change, ChangeFeed
from app.application.threads.personal_data import erase_user
from app.domain.identity import RequestContext
from app.domain.task import new_task
from app.environment import Secret
from app.ports.counters import counts_for
from app.ports.storage import Storage
from app.ports.turn_journal import Batch, TurnHead
from app.ports.turn_log import TokenUsage
from tests.factories import decision, summary
from tests.postgres import Databases
from tests.sql import NOON, message, thread, turn

ANN, OTHERS = RequestContext(user_id="ann-7c1e@example.com"), RequestContext(user_id="user:ann-7c1e@example.com")
WORD = "xYzZy-word-of-a-user"
SOON = dt.timedelta(minutes=1)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def storage(request: pytest.FixtureRequest, tmp_path: Path, databases: Databases) -> AsyncIterator[Storage]:
    async with databases.fresh() as postgres:
        urls = {
            "memory": "memory://",
            "sqlite": f"sqlite:///{tmp_path}/erasure.db",
            # Behind a pooler signals lie in a table.
            "postgresql": f"{postgres}{'&' if '?' in postgres else '?'}pgbouncer=true",
        }
        storage = open_storage(Secret(urls[request.param]))
        await storage.start()
        yield storage
        await storage.aclose()


async def live(
    storage: Storage, context: RequestContext, name: str, text: str = WORD, *, said_for: dt.timedelta = SOON
) -> None:
    """Leave a trace in every place there is."""
    user = context.user_id
    await storage.threads.save_thread(thread(f"thr_{name}"), context)
    for number in range(40):
        await storage.threads.add_thread_item(f"thr_{name}", message(f"thr_{name}", number, text * 40), context)
    await storage.threads.save_thread(thread(f"thr_{name}_gone"), context)
    await storage.threads.delete_thread(f"thr_{name}_gone", context)
    await storage.threads.delete_thread_item(f"thr_{name}", "msg_7", context)
    await storage.threads.save_feedback(f"thr_{name}", ["msg_1"], "positive", context)
    await storage.turn_log.save(turn(f"thr_{name}", "msg_0"), context)
    given = decision(f"thr_{name}", user_id=user, arguments=text, reason=text)
    await storage.approvals.take_up([given], None, context)
    written = summary(f"thr_{name}", "msg_9", text=text)
    assert await storage.summaries.save(written, context, replacing=None, items=9)
    file = FileAttachment(id=f"atc_{name}", name=f"{text}.txt", mime_type="text/plain")
    await storage.threads.save_attachment(file, context)
    task = new_task(user, text, now=NOON)
    await storage.tasks.add(task)
    head = TurnHead(id=f"turn_{name}", thread_id=f"thr_{name}", user_id=user, owner="proc")
    assert await storage.journal.begin(head, SOON)
    await storage.journal.append([Batch(turn_id=head.id, first=1, events=[f"data: {text}\n\n".encode()])], "proc")
    await storage.idempotency_keys.store_response(f"turn_{name}_2", text.encode(), said_for, user_id=user)
    limits = Limits(
        counters := WriteBehindCounters(storage.counters), Rules(requests_per_minute=9, requests_per_address=9)
    )
    limits.admit_request(user)
    limits.admit_address(user)
    limits.spend(user, TokenUsage(input_tokens=1, output_tokens=1))
    await counters.sync()
    changes = ChangeFeed(storage.signals)
    changes.publish(user, Change("thread.updated", f"thr_{name}"))
    await changes.aclose()


async def rows_with(storage: Storage, text: str) -> list[str]:
    """The tables, of PostgreSQL or SQLite, in which some row has this text in some column."""
    assert isinstance(storage, SqlStorage)
    found = []
    async with storage.database.engine.connect() as connection:
        if storage.name == "postgresql":
            tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        else:
            tables = "SELECT name FROM sqlite_master WHERE type = 'table'"
        for (table,) in (await connection.exec_driver_sql(tables)).all():
            rows = (await connection.exec_driver_sql(f'SELECT * FROM "{table}"')).all()  # noqa: S608  # names of ours
            if any(text in str(value) or text.encode() in bytes_of(value) for row in rows for value in row):
                found.append(table)
    return found


def bytes_of(value: object) -> bytes:
    """A value that is bytes; nothing of any other."""
    return bytes(value) if isinstance(value, bytes | memoryview) else b""


async def test_no_row_of_no_table_names_an_erased_user_and_others_lose_nothing(storage: Storage) -> None:
    await live(storage, ANN, "ann")
    await live(storage, OTHERS, "others", "something else")
    before = {} if storage.name == "memory" else set(await rows_with(storage, OTHERS.user_id))
    gone = await storage.erase(ANN.user_id)
    assert (gone.threads, gone.tasks, gone.is_recent) == (1, 1, True)
    if storage.name != "memory":
        assert "counters" in before
        assert await rows_with(storage, WORD) == []
        # The other user's id ends like Ann's, and an address has no user: neither may be erased.
        assert set(await rows_with(storage, OTHERS.user_id)) == before
        await storage.erase(OTHERS.user_id)
        assert await rows_with(storage, ANN.user_id) == ["counters"], "of the address"
    assert (await storage.erase(ANN.user_id)).threads == 0


async def test_what_a_server_writes_while_it_finds_out_goes_too(storage: Storage) -> None:
    await live(storage, ANN, "ann")

    async def spend() -> None:
        limits = Limits(counters := WriteBehindCounters(storage.counters), Rules())
        limits.spend(ANN.user_id, TokenUsage(input_tokens=7))
        await counters.sync()

    erasing = asyncio.create_task(erase_user(storage, ANN.user_id))
    for _ in range(10_000):
        if not await storage.tasks.list(ANN.user_id):
            break
        await asyncio.sleep(0)
    await spend()
    await erasing
    day = f"tokens:{dt.datetime.now(dt.UTC):%Y-%m-%d}:{ANN.user_id}"
    assert (await storage.counters.add({day: 0}, keep=SOON))[day] == 0


@pytest.mark.parametrize("way", ["erased", "deleted by its user"])
async def test_no_byte_of_sqlite_s_files_is_left_of_a_text(tmp_path: Path, way: str) -> None:
    storage = open_storage(Secret(f"sqlite:///{tmp_path}/a.db"))
    await storage.start()
    await live(storage, OTHERS, "others", "something else")
    await live(storage, ANN, "ann", said_for=-SOON)
    assert files_with(tmp_path, WORD) != []
    if way == "erased":
        await storage.erase(ANN.user_id)
        await storage.scrub(thorough=True)
    else:
        await storage.threads.delete_thread("thr_ann", ANN)
        await storage.threads.delete_attachment("atc_ann", ANN)
        for task in await storage.tasks.list(ANN.user_id):
            await storage.tasks.delete(ANN.user_id, task.id)
        await storage.idempotency_keys.forget()
        await storage.scrub()
    assert files_with(tmp_path, WORD) == []
    assert (await storage.threads.load_thread("thr_others", OTHERS)).id == "thr_others"
    await storage.aclose()


def files_with(folder: Path, text: str) -> list[str]:
    """The files that hold these bytes."""
    return [file.name for file in folder.iterdir() if text.encode() in file.read_bytes()]


def test_counters_are_found_by_their_user_alone() -> None:
    keys = ["requests:2026-11-30T12:00:user:ann", "tokens:2026-11-30:ann"]
    assert all(counts_for(key, "ann") for key in keys)
    others = ["requests:2026-11-30T12:00:user:x:user:ann", "tokens:2026-11-30:user:ann", "tokens:2026-11-30:x:ann"]
    assert not any(counts_for(key, "ann") for key in [*others, "requests:2026-11-30T12:00:address:ann", "ann"])
