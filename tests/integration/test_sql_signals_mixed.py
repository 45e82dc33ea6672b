"""Signals between replicas behind a transaction-mode pooler and replicas without it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from app.adapters.stores.sql import signals as sql_signals
from app.adapters.stores.sql.storage import SqlStorage
from app.ports.signals import MISSED
from tests.pooler import running_pooler
from tests.postgres import Databases
from tests.sql import storage_at


class Ear:
    """Subscriber to the signals of a storage."""

    def __init__(self, storage: SqlStorage) -> None:
        self._connected: asyncio.Queue[str] = asyncio.Queue()
        storage.signals.subscribe(self._connected.put_nowait)

    async def hears(self, signal: str) -> None:
        """Wait for the signal."""
        async with asyncio.timeout(30):
            while await self._connected.get() != signal:
                """Something else."""

    @property
    def rest(self) -> list[str]:
        """What has come since."""
        return [self._connected.get_nowait() for _ in range(self._connected.qsize())]


@pytest.fixture
async def mixed(databases: Databases) -> AsyncIterator[tuple[SqlStorage, str]]:
    """A storage that listens, and the address of the same database behind a pooler."""
    async with (
        databases.fresh() as url,
        running_pooler(url, transactions=True) as (_, through),
        storage_at(url) as direct,
    ):
        await Ear(direct).hears(MISSED)
        yield direct, f"{through}?pgbouncer=true&sslmode=prefer"


async def posted(storage: SqlStorage, signal: str) -> bool:
    """Whether a signal that this storage sends is left on the table."""
    await storage.signals.publish([signal])
    async with storage.database.transaction() as connection:
        found = await connection.exec_driver_sql("SELECT signal FROM posted_signals")
        return signal in [row.signal for row in found]


async def test_replicas_get_each_signal_once(mixed: tuple[SqlStorage, str]) -> None:
    direct, address = mixed
    async with storage_at(address) as pooled:
        near, far = Ear(direct), Ear(pooled)
        await far.hears(MISSED)
        await direct.signals.publish(["from the direct one", "and again"])
        await far.hears("and again")
        await pooled.signals.publish(["from the pooled one", "and again"])
        await near.hears("from the pooled one")
        await near.hears("and again")
        assert "and again" not in near.rest


async def test_replicas_get_the_signals_of_the_end_of_a_turn(mixed: tuple[SqlStorage, str]) -> None:
    direct, address = mixed
    async with storage_at(address) as pooled:
        near, far = Ear(direct), Ear(pooled)
        await far.hears(MISSED)
        await direct.journal.end("turn_1", "proc_1", "completed", signals=["over there"])
        await far.hears("over there")
        await pooled.journal.end("turn_2", "proc_2", "completed", signals=["over here", "and here"])
        await near.hears("over here")
        await near.hears("and here")
        await far.hears("and here")


async def test_a_listening_replica_writes_to_the_table_only_while_another_polls(
    mixed: tuple[SqlStorage, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    direct, address = mixed
    monkeypatch.setattr(sql_signals, "ANNOUNCED_SECONDS", 2.0)
    monkeypatch.setattr(sql_signals, "ANNOUNCE_SECONDS", 0.0)
    number = 0
    async with storage_at(address) as pooled:
        await Ear(pooled).hears(MISSED)  # By now it has said that it looks.
        assert await posted(direct, "while it looks")
    async with asyncio.timeout(30):
        while await posted(direct, f"signal {number}"):
            number += 1
            await asyncio.sleep(0.1)
