"""How often a store call asks PostgreSQL, and that it works through a pooler."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator

import pytest
from chatkit.types import InferenceOptions, ThreadMetadata, UserMessageItem, UserMessageTextContent

from app.adapters.stores import open_storage
from app.domain.errors import StoreUnavailableError
from app.domain.identity import RequestContext
from app.environment import Secret
from app.ports.storage import Storage
from tests.pooler import running_pooler
from tests.postgres import Databases

ANN = RequestContext(user_id="ann")
THREAD = ThreadMetadata(id="thr_1", created_at=dt.datetime.now(dt.UTC))


@pytest.fixture
async def url(databases: Databases) -> AsyncIterator[str]:
    async with databases.fresh() as url:
        yield url


async def turn(storage: Storage, number: int) -> None:
    """What the store is asked before the first word of an answer."""
    await storage.threads.load_thread("thr_1", ANN)
    await storage.threads.add_thread_item("thr_1", message(number), ANN)
    page = await storage.threads.load_thread_items("thr_1", None, 20, "desc", ANN)
    assert page.data[0].id == f"msg_{number}"


async def test_a_turn_costs_three_round_trips_before_its_first_word(url: str) -> None:
    async with running_pooler(url, transactions=False) as (pooler, watched_url):
        storage = open_storage(Secret(watched_url), pool_size=1)
        await storage.start()
        await storage.threads.save_thread(THREAD, ANN)
        await turn(storage, 1)
        before = pooler.round_trips
        await turn(storage, 2)
        await storage.aclose()
    assert pooler.round_trips - before == 3


async def test_a_pooler_that_forbids_prepared_statements_works_as_pasted(url: str) -> None:
    async with running_pooler(url, transactions=True) as (_, pooled_url):
        storage = open_storage(Secret(f"{pooled_url}?pgbouncer=true&sslmode=prefer"), pool_size=4)
        await storage.start()
        await storage.threads.save_thread(THREAD, ANN)
        await asyncio.gather(*(add(storage, number) for number in range(20)))
        await turn(storage, 99)
        await storage.threads.delete_thread_item("thr_1", "msg_3", ANN)
        page = await storage.threads.load_thread_items("thr_1", "msg_3", 100, "desc", ANN)
        await storage.aclose()
    assert "msg_3" not in {item.id for item in page.data}


async def test_without_the_flag_that_pooler_is_named_in_the_error(url: str) -> None:
    async with running_pooler(url, transactions=True) as (_, pooled_url):
        storage = open_storage(Secret(pooled_url), pool_size=1)
        await storage.check()
        with pytest.raises(StoreUnavailableError) as caught:
            await storage.check()
        await storage.aclose()
    assert "pgbouncer=true" in caught.value.detail


async def add(storage: Storage, number: int) -> None:
    await storage.threads.add_thread_item("thr_1", message(number), ANN)


def message(number: int) -> UserMessageItem:
    return UserMessageItem(
        id=f"msg_{number}",
        thread_id="thr_1",
        created_at=dt.datetime.now(dt.UTC),
        content=[UserMessageTextContent(text="Hello")],
        inference_options=InferenceOptions(),
    )
