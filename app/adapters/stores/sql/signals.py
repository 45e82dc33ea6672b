"""Signals over PostgreSQL's LISTEN and NOTIFY; of SQLite's one process nobody else need hear."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import structlog

from app.adapters.stores.memory.signals import LocalSignals
from app.adapters.stores.sql.asyncpg_connect import connect
from app.adapters.stores.sql.database import Database, connect_arguments
from app.adapters.stores.sql.prepared import Prepared
from app.adapters.stores.sql.signal_board import SignalBoard
from app.adapters.stores.sql.signal_statements import CHANNEL, notify
from app.adapters.stores.url import PostgresTarget, SqliteTarget
from app.domain.errors import StoreUnavailableError
from app.ports.signals import MISSED, Signals, Subscriber

log = structlog.get_logger(__name__)

RETRY_SECONDS = 2.0
CHECK_SECONDS = 10.0
ECHO_SECONDS = 5.0
LOOK_SECONDS = 1.0

SAY_SECONDS = 10.0
LOOKED_SECONDS = 30.0
"""How often one who only looks says so, and how long the others believe it."""

LOOKING = "looking:"

_notify = Prepared(notify)


class PostgresSignals(Signals):
    """`Signals` by one connection of its own, which is opened again whenever it is lost.

    Behind a pooler that gives each transaction another connection, LISTEN succeeds and nothing is ever heard. So the
    first signal is one to itself: while that does not come back, `connected` is false, and signals go over a table that
    is polled every second, which needs nothing but transactions.

    Both kinds may stand side by side. NOTIFY passes any pooler, so those who listen hear everybody, also that somebody
    only looks: while they hear that, and at first until they would have, they leave their signals on the table too.
    """

    def __init__(self, database: Database, target: PostgresTarget) -> None:
        self._database = database
        self._target = target
        self._subscribers: list[Subscriber] = []
        self._echo = asyncio.Event()
        self._probe = f"probe:{secrets.token_hex(8)}"
        self._board = SignalBoard(database)
        self._tasks: list[asyncio.Task[None]] = []
        self._connected = False
        self._say_at = 0.0
        self._looked_until = 0.0

    @property
    def connected(self) -> bool:
        return self._connected

    @property
    def posting(self) -> bool:
        """Whether signals go over the table as well."""
        return not self._connected or asyncio.get_running_loop().time() < self._looked_until

    @property
    def sender(self) -> str:
        """Who posts them."""
        return self._board.sender

    def hear_own(self, signals: Sequence[str]) -> None:
        """Pass on what this process itself sends, where it will not hear it."""
        if not self._connected:
            self._pass_on(signals)

    async def start(self) -> None:
        if self._tasks:
            return
        self._tasks.append(asyncio.create_task(self._look()))
        if self._target.pooled:
            log.warning("other replicas are looked at, not listened to: a pooler carries no LISTEN", every="1 s")
        else:
            self._tasks.append(asyncio.create_task(self._listen()))

    async def publish(self, signals: Sequence[str]) -> None:
        if not signals:
            return
        self.hear_own(signals)
        if self.posting:
            await self._board.post(signals)
        await self._database.rows(_notify, {"signals": list(signals)})

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        self._subscribers.append(subscriber)
        return lambda: self._subscribers.remove(subscriber)

    async def aclose(self) -> None:
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if self._connected:
                self._board.leave()
                continue
            try:
                await self._say_that_it_looks()
                self._pass_on(await self._board.look())
            except StoreUnavailableError:
                self._board.leave()  # It says that something was missed when it is back.

    async def _say_that_it_looks(self) -> None:
        now = asyncio.get_running_loop().time()
        if now >= self._say_at:
            await self._database.rows(_notify, {"signals": [LOOKING]})
            self._say_at = now + SAY_SECONDS

    def _somebody_looks(self) -> None:
        self._looked_until = asyncio.get_running_loop().time() + LOOKED_SECONDS

    async def _listen(self) -> None:
        import asyncpg

        while True:
            try:
                connection = await connect(**connect_arguments_of(self._target))
                try:
                    await self._attend(connection)
                finally:
                    self._connected = False
                    await connection.close(timeout=1)
            except (StoreUnavailableError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                log.warning("lost the connection that hears of other replicas", error=type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)

    async def _attend(self, connection: Any) -> None:
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        await connection.add_listener(CHANNEL, self._hear)
        while not connection.is_closed():
            self._echo.clear()
            await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, self._probe)
            try:
                async with asyncio.timeout(ECHO_SECONDS):
                    await self._echo.wait()
            except TimeoutError:
                log.warning("other replicas are looked at, not listened to: NOTIFY does not come through", every="1 s")
                return
            if not self._connected:
                self._somebody_looks()
                self._connected = True
                self._pass_on([MISSED])
            with suppress(TimeoutError):
                async with asyncio.timeout(CHECK_SECONDS):
                    await lost.wait()

    def _hear(self, _connection: Any, _pid: int, _channel: str, signal: str) -> None:
        if signal == self._probe:
            self._echo.set()
        elif signal == LOOKING:
            self._somebody_looks()
        elif not signal.startswith("probe:"):
            self._pass_on([signal])

    def _pass_on(self, signals: Sequence[str]) -> None:
        for signal in signals:
            for subscriber in [*self._subscribers]:
                subscriber(signal)


def connect_arguments_of(target: PostgresTarget) -> dict[str, Any]:
    """For asyncpg itself, without what SQLAlchemy alone reads."""
    arguments = connect_arguments(target, None)
    return {name: value for name, value in arguments.items() if not name.startswith("prepared_")}


def open_signals(database: Database, target: SqliteTarget | PostgresTarget) -> Signals:
    """The signals that go with a database; opens no connection yet."""
    return PostgresSignals(database, target) if isinstance(target, PostgresTarget) else LocalSignals()
