"""Clock synchronization with the storage, so that rows of all replicas sort by their time."""

import time

import structlog

from app.domain.clock import clock
from app.ports.storage import Storage

NOTABLE_SECONDS = 1.0
"""A larger difference is logged for the operator; the correction handles it."""

log = structlog.get_logger(__name__)


async def sync_clock(storage: Storage) -> None:
    """Read the storage's time, and correct this process's clock by it. Raises `StoreUnavailableError`."""
    before, asked = clock.correction, time.time_ns()
    clock.sync_to(await storage.now(), asked=asked, answered=time.time_ns())
    if abs(clock.correction - before) > NOTABLE_SECONDS:
        log.warning(
            "this machine's clock differs from the database's, whose time is used: have both set by NTP",
            seconds_ahead=round(-clock.correction, 3),
        )
