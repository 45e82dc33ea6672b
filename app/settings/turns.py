"""The settings of turns, as values."""

from enum import StrEnum
from typing import Annotated

import msgspec

from app.environment import env
from app.environment.checks import LONGEST_SECONDS

KEEP_ALIVE_SECONDS = 15.0


class Disconnect(StrEnum):
    """What becomes of an answer that nobody follows any more."""

    FINISH = "finish"
    CANCEL = "cancel"
    GRACE = "grace"


class BusyThread(StrEnum):
    """What becomes of a message to a thread that is being answered."""

    REFUSE = "refuse"
    QUEUE = "queue"


class TurnSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How long a turn lives without its connection, its process or its database."""

    on_disconnect: Annotated[
        Disconnect,
        env(
            "ON_DISCONNECT",
            help="When nobody follows an answer any more: `finish` it, `cancel` it, "
            "or `grace`: cancel it unless its user comes back within `TURN_GRACE_SECONDS`.",
            expects="finish, cancel or grace",
        ),
    ] = Disconnect.GRACE
    grace_seconds: Annotated[
        float,
        env(
            "TURN_GRACE_SECONDS",
            help="How long such an answer goes on with `grace`.",
            expects="seconds from 0 to 86400",
            ge=0,
            le=LONGEST_SECONDS,
        ),
    ] = 30.0
    busy_thread: Annotated[
        BusyThread,
        env(
            "BUSY_THREAD",
            help="A message to a thread that is being answered: `refuse` it with 409, or let it wait in a `queue`.",
            expects="refuse or queue",
        ),
    ] = BusyThread.REFUSE
    shutdown_seconds: Annotated[
        float,
        env(
            "SHUTDOWN_GRACE_SECONDS",
            help="How long answers may go on after SIGTERM; what is not done by then is kept as far as it came.",
            expects="seconds from 0 to 86400",
            ge=0,
            le=LONGEST_SECONDS,
        ),
    ] = 20.0
    save_seconds: Annotated[
        float,
        env(
            "SAVE_RETRY_SECONDS",
            help="How long a running answer waits for a database that went away before it says so.",
            expects="seconds from 0 to 86400",
            ge=0,
            le=LONGEST_SECONDS,
        ),
    ] = 60.0
    keep_alive_seconds: Annotated[
        float,
        env(
            "KEEP_ALIVE_SECONDS",
            help="After so long a silence a stream says `: ping`; less than any proxy on the way waits.",
            expects="seconds from 0.1 to 86400",
            ge=0.1,
            le=LONGEST_SECONDS,
        ),
    ] = KEEP_ALIVE_SECONDS
