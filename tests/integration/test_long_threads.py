"""A turn asks and reads no more in a thread of thousands of items than in one that just fills the model's history."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import msgspec
import pytest
from dishka import AsyncContainer

from app.adapters.stores.sql.prepared import Answer, Step
from app.adapters.stores.sql.storage import SqlStorage
from app.application.turns.registry import TurnRegistry
from app.bootstrap import make_container, read_settings
from app.domain.identity import RequestContext
from app.entrypoints.chatkit.dispatcher import ChatKitDispatcher
from app.entrypoints.chatkit.errors import stream_failure
from app.ports.storage import Storage
from tests.chatkit_client import user_input
from tests.postgres import Databases
from tests.sql import filled_thread
from tests.streamed import streamed

ADA = RequestContext(user_id="ada")
HISTORY, MANY = 50, 10_000


@pytest.fixture(params=["sqlite", "postgres"])
async def container(
    request: pytest.FixtureRequest, tmp_path: Path, databases: Databases
) -> AsyncIterator[AsyncContainer]:
    """The application on a database."""
    async with databases.fresh() as postgres:
        url = postgres if request.param == "postgres" else f"sqlite:///{tmp_path}/long.db"
        told = {"DATABASE_URL": url, "TITLES": "off", "DEMO_DELAY_MS": "0", "HISTORY_ITEMS": str(HISTORY)}
        container = make_container(read_settings(told))
        try:
            yield container
        finally:
            await container.close()


class Asked:
    """What the database was asked about a thread: how often, and how many rows it gave."""

    def __init__(self, storage: SqlStorage) -> None:
        self.statements = self.rows = 0
        self.thread_id = ""
        self._run = storage.database.run
        storage.database.run = self.run  # type: ignore[method-assign]  # looked at from outside

    async def run(self, *steps: Step) -> Sequence[Answer]:
        """As it does, counted."""
        answers = await self._run(*steps)
        for (_, values), answer in zip(steps, answers, strict=True):
            if values.get("scope") == self.thread_id:
                self.statements += 1
                self.rows += len(answer.rows)
        return answers


async def one_turn(container: AsyncContainer, thread_id: str) -> None:
    """A message, and its whole answer."""
    server, turns = await container.get(ChatKitDispatcher), await container.get(TurnRegistry)
    params = {"input": user_input("count to 3"), "thread_id": thread_id}
    body = msgspec.json.encode({"type": "threads.add_user_message", "params": params})
    stream = await streamed(server, body, ADA)
    turn = await turns.start(stream.frames, stream_failure, stream.placement)
    shown = b"".join([chunk async for chunk in turn.follow()])
    await turn.wait_ended()
    assert b"text_delta" in shown


async def test_a_turn_reads_no_more_of_a_long_thread(container: AsyncContainer) -> None:
    storage = await container.get(Storage)
    assert isinstance(storage, SqlStorage)
    asked, found = Asked(storage), []
    for count in (HISTORY, MANY):
        asked.thread_id = f"thr_{count}"
        await filled_thread(storage, asked.thread_id, count, ADA)
        asked.statements = asked.rows = 0
        await one_turn(container, asked.thread_id)
        found.append((asked.statements, asked.rows))
    [short, long] = found
    assert short == long
    assert HISTORY <= long[1] <= HISTORY + 5
