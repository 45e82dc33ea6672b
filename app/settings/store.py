"""Settings of the database."""

from typing import Annotated

from app.domain.redaction import MaskedStruct
from app.environment import Secret, env


class StoreSettings(MaskedStruct, frozen=True, kw_only=True):
    """The database of conversations and tasks."""

    database_url: Annotated[
        Secret,
        env(
            "DATABASE_URL",
            help="Address of the database: `memory://`, `sqlite:///path` or `postgresql://user:password@host/name`.",
            expects="memory://, sqlite:///path or postgresql://…",
        ),
    ] = Secret("sqlite:///data/anyport.db")
    pool_size: Annotated[
        int,
        env(
            "DATABASE_POOL_SIZE",
            help="Largest number of connections to PostgreSQL of one server; ten serve hundreds of chats.",
            expects="a number from 1 to 100",
            ge=1,
            le=100,
        ),
    ] = 10
    thread_retention_days: Annotated[
        int,
        env(
            "THREAD_RETENTION_DAYS",
            help="Retention: days after the last item of a thread until the thread is deleted; 0 keeps all threads.",
            expects="a number from 0 to 36500",
            ge=0,
            le=36500,
        ),
    ] = 0
