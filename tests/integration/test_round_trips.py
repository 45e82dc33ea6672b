"""How often a whole turn asks the database, from the request to its first word and from its last word to its end."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any

import msgspec
import pytest
from dishka import AsyncContainer
from sqlalchemy import event

from app.adapters.stores.sql.storage import SqlStorage
from app.application.idempotency.guard import IdempotencyGuard
from app.application.turns.registry import TurnRegistry
from app.bootstrap import make_container, read_settings
from app.domain.identity import RequestContext
from app.entrypoints.chatkit.dispatcher import ChatKitDispatcher
from app.ports.storage import Storage
from tests.chatkit_client import user_input
from tests.pooler import running_pooler
from tests.postgres import Databases

CALLER = RequestContext(user_id="ada")
ROUNDS = 6
"""What keeps turns alive asks now and then, too: of several turns, the one that it left alone counts."""

MOST = {"sqlite": (2, 3), "postgres": (3, 3)}
"""Before the first word: claim the request, where there may be other replicas, enter the thread, add the message and
learn what was said and done, or begin a thread with it. After the last: add the answer, record it, write down the rest
with the end and tell the others."""

LONG = {"HISTORY_SUMMARY": "on", "HISTORY_ITEMS": "4"}
"""A summary is loaded with the context, and may cost no further round trip."""

Count = Callable[[], int]


@asynccontextmanager
async def application(url: str) -> AsyncIterator[AsyncContainer]:
    """All of it but HTTP."""
    container = make_container(read_settings({"DATABASE_URL": url, "DEMO_DELAY_MS": "5", "TITLES": "off", **LONG}))
    try:
        yield container
    finally:
        await container.close()


@pytest.fixture(params=["sqlite", "postgres"])
async def counted(
    request: pytest.FixtureRequest, tmp_path: Path, databases: Databases
) -> AsyncIterator[tuple[AsyncContainer, Count]]:
    """The application on a database, and how often that was asked so far."""
    if request.param == "postgres":
        async with (
            databases.fresh() as url,
            running_pooler(url, transactions=False) as (pooler, watched),
            application(watched) as container,
        ):
            yield container, lambda: pooler.round_trips
        return
    async with application(f"sqlite:///{tmp_path}/counted.db") as container:
        storage = await container.get(Storage)
        assert isinstance(storage, SqlStorage)
        visits: list[object] = []

        def note(connection: object, *_: Any) -> None:
            visits.append(connection)

        event.listen(storage.database.engine.sync_engine, "checkout", note)
        yield container, lambda: len(visits)


async def one_turn(container: AsyncContainer, count: Count, kind: str, **where: str) -> tuple[str, int, int]:
    """The thread, and what it took before the first word and after the last."""
    server, guard = await container.get(ChatKitDispatcher), await container.get(IdempotencyGuard)
    turns = await container.get(TurnRegistry)
    body = msgspec.json.encode({"type": kind, "params": {"input": user_input("count to 60"), **where}})
    begun_at = count()
    answer = await guard.answer(await server.receive(body, CALLER, token_hex(8)))
    assert not isinstance(answer, bytes)
    [turn] = turns.running
    first = last = 0
    async for chunk in turn.follow():
        if b"text_delta" in chunk:
            first, last = first or count(), count()
    await turn.wait_ended()
    assert turn.placement is not None
    return turn.placement.thread_id, first - begun_at, count() - last


async def test_a_turn_asks_the_database_a_few_times(
    counted: tuple[AsyncContainer, Count], record_property: Callable[..., None], request: pytest.FixtureRequest
) -> None:
    container, count = counted
    firsts = [await one_turn(container, count, "threads.create") for _ in range(ROUNDS)]
    thread = firsts[-1][0]
    others = [await one_turn(container, count, "threads.add_user_message", thread_id=thread) for _ in range(ROUNDS)]
    store = request.node.callspec.params["counted"]
    for kind, turns in (("first", firsts), ("further", others)):
        before, after = min(turn[1] for turn in turns), min(turn[2] for turn in turns)
        said = f"{before} round trips before the first word, {after} after the last"
        record_property("table", f"{store}, the {kind} turn of a thread: {said}")
        assert before <= MOST[store][0]
        assert after <= MOST[store][1]
