"""Stores of conversations and tasks; the scheme of `DATABASE_URL` selects one."""

from app.adapters.stores.url import MemoryTarget, parse_database_url
from app.environment import Secret
from app.ports.storage import Storage

POOL_SIZE = 10


def open_storage(url: Secret, *, pool_size: int = POOL_SIZE) -> Storage:
    """Build the storage that `url` names, without starting it; imports only that storage's code.

    `pool_size` is the largest number of connections to PostgreSQL. Raises `ValueError` for an unusable URL.
    """
    target = parse_database_url(url)
    if isinstance(target, MemoryTarget):
        from app.adapters.stores.memory import MemoryStorage

        return MemoryStorage()
    from app.adapters.stores.sql.storage import SqlStorage

    return SqlStorage(target, pool_size=pool_size)
