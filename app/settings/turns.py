"""Settings of turns: disconnects, queueing and shutdown."""

from enum import StrEnum
from typing import Annotated

from app.domain.redaction import MaskedStruct
from app.environment import env
from app.environment.checks import LONGEST_SECONDS

KEEP_ALIVE_SECONDS = 15.0


class Disconnect(StrEnum):
    """Policy for a turn whose last reader disconnected."""

    FINISH = "finish"
    CANCEL = "cancel"
    GRACE = "grace"


class BusyThread(StrEnum):
    """Policy for a message to a thread whose turn is running."""

    REFUSE = "refuse"
    QUEUE = "queue"


class TurnSettings(MaskedStruct, frozen=True, kw_only=True):
    """Behaviour of turns on disconnect, on shutdown and while the database is away."""

    on_disconnect: Annotated[
        Disconnect,
        env(
            "ON_DISCONNECT",
            help="When the last reader of an answer disconnects: `finish` the answer, `cancel` it, or `grace`: cancel "
            "it unless a reader returns within `TURN_GRACE_SECONDS`.",
            expects="finish, cancel or grace",
        ),
    ] = Disconnect.GRACE
    grace_seconds: Annotated[
        float,
        env(
            "TURN_GRACE_SECONDS",
            help="Seconds until an answer without a reader is cancelled, with `ON_DISCONNECT=grace`.",
            expects="seconds from 0 to 86400",
            ge=0,
            le=LONGEST_SECONDS,
        ),
    ] = 30.0
    busy_thread: Annotated[
        BusyThread,
        env(
            "BUSY_THREAD",
            help="When a message arrives for a thread whose turn is running: `refuse` it with 409, or `queue` it.",
            expects="refuse or queue",
        ),
    ] = BusyThread.REFUSE
    shutdown_seconds: Annotated[
        float,
        env(
            "SHUTDOWN_GRACE_SECONDS",
            help="Seconds that running answers may take after SIGTERM; then each is stored as far as it was written.",
            expects="seconds from 0 to 86400",
            ge=0,
            le=LONGEST_SECONDS,
        ),
    ] = 20.0
    save_seconds: Annotated[
        float,
        env(
            "SAVE_RETRY_SECONDS",
            help="Seconds that a running answer retries a write while the database is unavailable, before it fails.",
            expects="seconds from 0 to 86400",
            ge=0,
            le=LONGEST_SECONDS,
        ),
    ] = 60.0
    keep_alive_seconds: Annotated[
        float,
        env(
            "KEEP_ALIVE_SECONDS",
            help="Seconds without an event after which a stream sends `: ping`. Choose less than the idle timeout of "
            "any proxy in front of the server.",
            expects="seconds from 0.1 to 86400",
            ge=0.1,
            le=LONGEST_SECONDS,
        ),
    ] = KEEP_ALIVE_SECONDS
