"""Write probe: finds out by writing whether a database accepts writes."""

import asyncio
import os
from typing import Final

from sqlalchemy import LargeBinary, bindparam, delete

from app.adapters.stores.sql.clock import Now
from app.adapters.stores.sql.database import Database
from app.adapters.stores.sql.prepared import Prepared
from app.adapters.stores.sql.tables import request_answers
from app.adapters.stores.sql.types import AnyText
from app.domain.errors import StoreUnavailableError
from app.domain.ids import new_id
from app.domain.language import _

_BYTES: Final = 64 * 1024
"""Bytes of a long answer: a disk with space for a lease only counts as full."""

_NAME = bindparam("turn_id", type_=AnyText)


class WriteProbe:
    """Writes a stored response and deletes it. Concurrent callers share one probe."""

    def __init__(self, database: Database) -> None:
        self._database = database
        row = {
            "turn_id": _NAME,
            "events": bindparam("events", type_=LargeBinary),
            "until": Now(),
        }
        self._write = Prepared(database.insert(request_answers).values(row))
        self._delete = Prepared(delete(request_answers).where(request_answers.c.turn_id == _NAME))
        self._trying = asyncio.Lock()
        self._tries = 0
        self._detail: str | None = None

    @property
    def needed(self) -> bool:
        """True after a failure of the database, until a write succeeds."""
        return bool(self._database.failure) or self._trying.locked()

    async def run(self) -> None:
        """Run the probe, or await the running one. Raises `StoreUnavailableError` when the write fails."""
        seen = self._tries
        async with self._trying:
            if self._tries == seen:
                self._tries += 1
                self._detail = await self._try()
        if self._detail is not None:
            raise StoreUnavailableError(_("The database takes nothing that is written."), detail=self._detail)

    async def _try(self) -> str | None:
        name = new_id("probe")
        self._database.failure = ""
        try:
            values = {"turn_id": name, "events": os.urandom(_BYTES)}
            await self._database.write(self._write, values)
            await self._database.write(self._delete, {"turn_id": name})
        except StoreUnavailableError as error:
            return error.detail
        return None
