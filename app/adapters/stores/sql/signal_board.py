"""Signals on a table, which replicas without LISTEN poll."""

import asyncio
import datetime as dt
import secrets
from collections.abc import Sequence

from sqlalchemy import Interval, bindparam, delete, func, select

from app.adapters.stores.sql.database import Database
from app.adapters.stores.sql.prepared import Prepared
from app.adapters.stores.sql.signal_statements import post
from app.adapters.stores.sql.tables import posted_signals as posted
from app.ports.signals import MISSED

WINDOW = dt.timedelta(seconds=10)
"""Each poll reads back this far, because rows may become visible in another order than their numbers."""

RETENTION = dt.timedelta(minutes=1)
CLEAN_SECONDS = 60.0

_SPAN = bindparam("span", type_=Interval)

_recent = select(posted.c.seq, posted.c.sender, posted.c.signal).where(posted.c.sent_at > func.now() - _SPAN)
_post = Prepared(post)
_clean = delete(posted).where(posted.c.sent_at < func.now() - _SPAN)


class SignalBoard:
    """Posts and polls signals for one process, on PostgreSQL. Raises `StoreUnavailableError`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.sender = secrets.token_hex(8)
        self._seen: set[int] | None = None
        self._clean_at = 0.0

    async def post(self, signals: Sequence[str]) -> None:
        """Post `signals` to all other processes."""
        await self._database.write(_post, {"sender": self.sender, "signals": list(signals)})

    async def poll(self) -> Sequence[str]:
        """Signals that others posted since the last poll, in order; `MISSED` at the first poll after `reset`."""
        rows = await self._database.rows(_recent.order_by(posted.c.seq), {"span": WINDOW})
        seen, self._seen = self._seen, {row.seq for row in rows}
        await self._clean()
        if seen is None:
            return [MISSED]
        return [row.signal for row in rows if row.seq not in seen and row.sender != self.sender]

    def reset(self) -> None:
        """Stop tracking posted signals, until the next poll."""
        self._seen = None

    async def _clean(self) -> None:
        """Delete old signals once in `CLEAN_SECONDS`; only processes that poll need to do it."""
        now = asyncio.get_running_loop().time()
        if now >= self._clean_at:
            self._clean_at = now + CLEAN_SECONDS
            await self._database.write(_clean, {"span": RETENTION})
