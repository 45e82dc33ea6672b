"""Base of the ORM models, and the sessions that load and store them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from advanced_alchemy.base import CommonTableAttributes
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase

from app.adapters.stores.sql.database import Database
from app.adapters.stores.sql.failures import unavailable
from app.adapters.stores.sql.metadata import metadata


class Model(CommonTableAttributes, DeclarativeBase):
    """An ORM model on Advanced Alchemy's base; its table belongs to the shared metadata."""

    __abstract__ = True
    metadata = metadata


@asynccontextmanager
async def reading(database: Database) -> AsyncIterator[AsyncSession]:
    """A session for queries; it holds a connection until the block ends. Raises `StoreUnavailableError`."""
    with unavailable():
        async with AsyncSession(database.engine) as session:
            yield session


@asynccontextmanager
async def writing(database: Database) -> AsyncIterator[AsyncSession]:
    """A session in its own transaction, committed unless the block raises. Raises `StoreUnavailableError`."""
    async with database.transaction() as connection, AsyncSession(connection) as session:
        yield session
        await session.flush()
