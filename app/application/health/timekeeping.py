"""Keeps this process's clock right by the storage's: what replicas write must sort as it came about."""

import time

import structlog

from app.domain.clock import clock
from app.ports.storage import Storage

NOTABLE_SECONDS = 1.0
"""A clock that is off by more is the operator's to set right, though nothing goes wrong here for it."""

log = structlog.get_logger(__name__)


async def sync_clock(storage: Storage) -> None:
    """Ask the storage for the time, and stamp with it from now on. Raises `StoreUnavailableError`."""
    before, asked = clock.correction, time.time_ns()
    clock.sync_to(await storage.now(), asked=asked, answered=time.time_ns())
    if abs(clock.correction - before) > NOTABLE_SECONDS:
        log.warning(
            "this machine's clock differs from the database's, whose time is used: have both set by NTP",
            seconds_ahead=round(-clock.correction, 3),
        )
