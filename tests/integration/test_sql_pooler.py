"""How often a store call asks PostgreSQL, and that it works through a pooler."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from sqlalchemy import Float, bindparam, func, select, text

from app.adapters.stores.sql import postgresql_database
from app.adapters.stores.sql.open_database import open_database
from app.adapters.stores.sql.prepared import Prepared
from app.adapters.stores.url import PostgresTarget, parse_database_url
from app.domain.errors import StoreUnavailableError
from app.environment import Secret
from app.ports.signals import MISSED
from app.ports.storage import Storage
from app.ports.turn_journal import TurnHead
from tests.pooler import running_pooler
from tests.postgres import Databases
from tests.sql import ANN, message, storage_at, thread, unstarted

_SLEEPING = text("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'")


@pytest.fixture
async def url(databases: Databases) -> AsyncIterator[str]:
    async with databases.fresh() as url:
        yield url


async def listening(storage: Storage) -> None:
    """Wait until the connection that listens has asked all that it asks."""
    known = asyncio.Event()
    leave = storage.signals.subscribe(lambda signal: known.set() if signal == MISSED else None)
    async with asyncio.timeout(20):
        await known.wait()
    leave()


async def turn(storage: Storage, number: int) -> None:
    """What the store is asked before the first word of an answer."""
    recalled = await storage.threads.load_context("thr_1", 20, ANN, adding=message("thr_1", number))
    assert recalled.items[-1].id == f"msg_{number}"


async def test_adding_a_message_loads_its_context_in_one_round_trip(url: str) -> None:
    async with (
        running_pooler(url, transactions=False) as (pooler, watched_url),
        storage_at(watched_url, pool_size=1) as storage,
    ):
        await listening(storage)
        await storage.threads.save_thread(thread("thr_1"), ANN)
        await turn(storage, 1)
        before = pooler.round_trips
        await turn(storage, 2)
    assert pooler.round_trips - before == 1


async def test_a_turn_reserves_its_key_and_enters_its_thread_in_one_round_trip_each(url: str) -> None:
    minute = dt.timedelta(minutes=1)
    async with (
        running_pooler(url, transactions=False) as (pooler, watched_url),
        storage_at(watched_url, pool_size=1) as storage,
    ):
        await listening(storage)
        await storage.threads.save_thread(thread("thr_1"), ANN)
        for number in (1, 2):
            turn_id = f"turn_{number}"
            head = TurnHead(id=turn_id, thread_id="thr_1", user_id=ANN.user_id, owner="proc_1")
            before = pooler.round_trips
            assert await storage.idempotency_keys.reserve(b"%d" % number, turn_id, minute)
            assert await storage.journal.begin(head, minute, at_most=2)
            # The first time each statement is prepared.
            assert number == 1 or pooler.round_trips - before == 2
            await storage.journal.end(turn_id, "proc_1", "completed")


async def test_a_pooler_that_forbids_prepared_statements_works_as_pasted(url: str) -> None:
    async with (
        running_pooler(url, transactions=True) as (_, pooled_url),
        storage_at(f"{pooled_url}?pgbouncer=true&sslmode=prefer", pool_size=4) as storage,
    ):
        await storage.threads.save_thread(thread("thr_1"), ANN)
        await asyncio.gather(*(add(storage, number) for number in range(20)))
        await turn(storage, 99)
        await storage.threads.delete_thread_item("thr_1", "msg_3", ANN)
        page = await storage.threads.load_thread_items("thr_1", "msg_3", 100, "desc", ANN)
    assert "msg_3" not in {item.id for item in page.data}


async def test_behind_a_pooler_a_call_that_is_given_up_spoils_no_later_one(url: str) -> None:
    slow = Prepared(select(func.pg_sleep(bindparam("seconds", type_=Float))))
    async with running_pooler(url, transactions=True) as (_, pooled_url):
        target = parse_database_url(Secret(f"{pooled_url}?pgbouncer=true&sslmode=prefer"))
        assert isinstance(target, PostgresTarget)
        database = open_database(target, pool_size=1)
        async with asyncio.timeout(20), storage_at(url) as direct:
            calling = asyncio.create_task(database.rows(slow, {"seconds": 1.0}))
            while not await direct.database.row(_SLEEPING, {}):
                pass
            calling.cancel()
            with suppress(asyncio.CancelledError):
                await calling
            assert await database.rows(slow, {"seconds": 0.0})
        await database.aclose()


async def test_without_the_flag_that_pooler_is_named_in_the_error(url: str) -> None:
    async with running_pooler(url, transactions=True) as (_, pooled_url):
        storage = unstarted(pooled_url, pool_size=1)
        await storage.check()
        with pytest.raises(StoreUnavailableError) as caught:
            await storage.check()
        await storage.aclose()
    assert "pgbouncer=true" in caught.value.detail


async def test_a_connection_that_died_unnoticed_while_idle_is_replaced(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_database, "IDLE_SECONDS", -1.0)
    async with (
        running_pooler(url, transactions=False) as (pooler, watched_url),
        storage_at(watched_url, pool_size=1) as storage,
    ):
        await storage.check()
        pooler.close()
        await storage.check()


async def add(storage: Storage, number: int) -> None:
    await storage.threads.add_thread_item("thr_1", message("thr_1", number), ANN)
