"""What every ORM model of this schema extends, and the sessions that carry models."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from advanced_alchemy.base import CommonTableAttributes
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase

from app.adapters.stores.sql.database import Database
from app.adapters.stores.sql.failures import unavailable
from app.adapters.stores.sql.metadata import metadata


class Model(CommonTableAttributes, DeclarativeBase):
    """A row as an object, by Advanced Alchemy's base; its table belongs to the one metadata."""

    __abstract__ = True
    metadata = metadata


@asynccontextmanager
async def reading(database: Database) -> AsyncIterator[AsyncSession]:
    """A session for queries; it holds a connection as long as the block lasts. Raises `StoreUnavailableError`."""
    with unavailable():
        async with AsyncSession(database.engine) as session:
            yield session


@asynccontextmanager
async def writing(database: Database) -> AsyncIterator[AsyncSession]:
    """A session in a transaction of its own, committed when the block ends well. Raises `StoreUnavailableError`."""
    async with database.transaction() as connection, AsyncSession(connection) as session:
        yield session
        await session.flush()
