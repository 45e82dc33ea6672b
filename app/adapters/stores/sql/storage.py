"""The storage behind `sqlite:` and `postgresql:` URLs."""

from sqlalchemy import literal, select

from app.adapters.stores.sql.database import open_database
from app.adapters.stores.sql.schema import check_schema
from app.adapters.stores.sql.tasks import SqlTaskRepository
from app.adapters.stores.sql.threads import SqlThreadStore
from app.adapters.stores.sql.turns import SqlTurnLog
from app.adapters.stores.url import PostgresTarget, SqliteTarget
from app.domain.errors import StoreUnavailableError
from app.ports.storage import Storage

_PING = select(literal(1))


class SqlStorage(Storage):
    """Everything in one SQL database."""

    def __init__(self, target: SqliteTarget | PostgresTarget, *, pool_size: int) -> None:
        self._target = target
        self._database = open_database(target, pool_size=pool_size)
        self.name = self._database.name  # type: ignore[misc]
        self.location = str(target)
        self.threads = SqlThreadStore(self._database)
        self.tasks = SqlTaskRepository(self._database)
        self.turn_log = SqlTurnLog(self._database)

    async def start(self) -> None:
        try:
            await check_schema(self._database)
        except StoreUnavailableError as error:
            raise StoreUnavailableError(
                "The database cannot be used. Check DATABASE_URL, and that the database runs.",
                detail=f"{self._target}: {error.detail}",
            ) from error

    async def check(self) -> None:
        await self._database.row(_PING, {})

    async def aclose(self) -> None:
        await self._database.aclose()
