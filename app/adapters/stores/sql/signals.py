"""Signals over PostgreSQL's LISTEN and NOTIFY; within the process on SQLite."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import structlog

from app.adapters.stores.memory.signals import LocalSignals
from app.adapters.stores.sql.asyncpg_connect import connect
from app.adapters.stores.sql.database import Database
from app.adapters.stores.sql.postgresql_database import connect_arguments
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
POLL_SECONDS = 1.0

ANNOUNCE_SECONDS = 10.0
ANNOUNCED_SECONDS = 30.0
"""Interval in which a polling replica announces itself, and time in which others post signals for it."""

POLLING = "looking:"

_notify = Prepared(notify)


class PostgresSignals(Signals):
    """`Signals` over one dedicated connection, which reconnects whenever it is lost.

    Behind a pooler that gives each transaction another connection, LISTEN succeeds but no notification arrives. So the
    first signal is a probe to this process itself. Until it returns, `connected` is false, and signals go over a table
    that is polled every second.

    Replicas that listen and replicas that poll may run together. NOTIFY passes any pooler, so a polling replica
    announces itself to the listening ones, and these post their signals on the table too.
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
        self._announce_at = 0.0
        self._post_until = 0.0

    @property
    def connected(self) -> bool:
        return self._connected

    @property
    def posting(self) -> bool:
        """True while signals are posted on the table too."""
        return not self._connected or asyncio.get_running_loop().time() < self._post_until

    @property
    def sender(self) -> str:
        """Id of this process on the table."""
        return self._board.sender

    def deliver_locally(self, signals: Sequence[str]) -> None:
        """Deliver signals of this process to its own subscribers, when NOTIFY will not return them."""
        if not self._connected:
            self._deliver(signals)

    async def start(self) -> None:
        if self._tasks:
            return
        self._tasks.append(asyncio.create_task(self._poll()))
        if self._target.pooled:
            log.warning("signals polled: a pooler supports no LISTEN", every="1 s")
        else:
            self._tasks.append(asyncio.create_task(self._listen()))

    async def publish(self, signals: Sequence[str]) -> None:
        if not signals:
            return
        self.deliver_locally(signals)
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

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(POLL_SECONDS)
            if self._connected:
                self._board.reset()
                continue
            try:
                await self._announce_polling()
                self._deliver(await self._board.poll())
            except StoreUnavailableError:
                self._board.reset()  # The next poll delivers MISSED.

    async def _announce_polling(self) -> None:
        now = asyncio.get_running_loop().time()
        if now >= self._announce_at:
            await self._database.rows(_notify, {"signals": [POLLING]})
            self._announce_at = now + ANNOUNCE_SECONDS

    def _note_polling_replica(self) -> None:
        self._post_until = asyncio.get_running_loop().time() + ANNOUNCED_SECONDS

    async def _listen(self) -> None:
        import asyncpg

        while True:
            try:
                connection = await connect(**connect_arguments_of(self._target))
                try:
                    await self._receive(connection)
                finally:
                    self._connected = False
                    await connection.close(timeout=1)
            except (StoreUnavailableError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                log.warning("signal connection lost", error=type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)

    async def _receive(self, connection: Any) -> None:
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        await connection.add_listener(CHANNEL, self._on_notification)
        while not connection.is_closed():
            self._echo.clear()
            await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, self._probe)
            try:
                async with asyncio.timeout(ECHO_SECONDS):
                    await self._echo.wait()
            except TimeoutError:
                log.warning("signals polled: NOTIFY does not arrive", every="1 s")
                return
            if not self._connected:
                self._note_polling_replica()
                self._connected = True
                self._deliver([MISSED])
            with suppress(TimeoutError):
                async with asyncio.timeout(CHECK_SECONDS):
                    await lost.wait()

    def _on_notification(self, _connection: Any, _pid: int, _channel: str, signal: str) -> None:
        if signal == self._probe:
            self._echo.set()
        elif signal == POLLING:
            self._note_polling_replica()
        elif not signal.startswith("probe:"):
            self._deliver([signal])

    def _deliver(self, signals: Sequence[str]) -> None:
        for signal in signals:
            for subscriber in [*self._subscribers]:
                subscriber(signal)


def connect_arguments_of(target: PostgresTarget) -> dict[str, Any]:
    """Arguments of asyncpg itself, without those that only SQLAlchemy reads."""
    arguments = connect_arguments(target, None)
    return {name: value for name, value in arguments.items() if not name.startswith("prepared_")}


def open_signals(database: Database, target: SqliteTarget | PostgresTarget) -> Signals:
    """Build the signals of a database; opens no connection."""
    return PostgresSignals(database, target) if isinstance(target, PostgresTarget) else LocalSignals()
