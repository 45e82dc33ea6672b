"""Creation of a thread with its first item: one statement on PostgreSQL, one transaction on SQLite."""

from sqlalchemy import Text, bindparam, exists

from app.adapters.stores.sql.database import Database
from app.adapters.stores.sql.prepared import Parameters, Prepared
from app.adapters.stores.sql.tables import threads
from app.adapters.stores.sql.thread_statements import added_item, saved_thread
from app.adapters.stores.sql.types import UtcDateTime


class ThreadCreation:
    """Stores a thread and its first item, both or neither."""

    def __init__(self, database: Database) -> None:
        self._database = database
        begun_at, body = bindparam("begun_at", type_=UtcDateTime), bindparam("thread", type_=Text)
        thread = saved_thread(database, created_at=begun_at, body=body)
        self._steps = (Prepared(thread), Prepared(added_item(database)))
        # A statement on PostgreSQL does not see rows that it inserts itself, so the item depends on the CTE.
        begun = thread.returning(threads.c.id).cte("begun")
        item = added_item(database, allowed=exists().select_from(begun))
        self._at_once = Prepared(item.add_cte(begun))

    async def write(self, values: Parameters) -> bool:
        """Write both; returns False when another user owns a thread of that id."""
        if self._database.name == "postgresql":
            return await self._database.write(self._at_once, values) > 0
        *_, item = await self._database.run(*((step, values) for step in self._steps))
        return item.count > 0
