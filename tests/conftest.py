"""What every kind of test may ask for."""

from collections.abc import AsyncIterator

import pytest

from tests.postgres import Databases, postgres_url


@pytest.fixture(scope="session")
async def databases() -> AsyncIterator[Databases]:
    """Fresh PostgreSQL databases: `async with databases.fresh() as url`."""
    async with postgres_url() as url:
        databases = Databases(url)
        yield databases
        await databases.aclose()
