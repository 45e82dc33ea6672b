"""Storages for all contract tests, one of each kind. Each test has its own users, so it sees no data of another."""

from collections.abc import AsyncIterator

import pytest
from chatkit.types import ThreadMetadata

from app.adapters.stores import open_storage
from app.domain.identity import RequestContext
from app.domain.ids import new_id
from app.environment import Secret
from app.ports.storage import Storage
from app.ports.thread_store import ThreadStore
from tests.factories import thread
from tests.postgres import Databases


@pytest.fixture(scope="session", params=["memory", "sqlite", "postgresql"])
async def storage_url(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Secret]:
    """Yield the URL of an empty storage of each kind."""
    async with databases.fresh() as postgres:
        sqlite = f"sqlite:///{tmp_path_factory.mktemp('contracts')}/store.db"
        urls = {"memory": "memory://", "sqlite": sqlite, "postgresql": postgres}
        yield Secret(urls[request.param])


@pytest.fixture(scope="session")
async def storage(storage_url: Secret) -> AsyncIterator[Storage]:
    """Run a storage of each kind."""
    storage = open_storage(storage_url)
    try:
        await storage.start()
        yield storage
    finally:
        await storage.aclose()


@pytest.fixture
def ann() -> RequestContext:
    """User of this test alone."""
    return RequestContext(user_id=new_id("ann"))


@pytest.fixture
def bob() -> RequestContext:
    """Another user of this test alone."""
    return RequestContext(user_id=new_id("bob"))


@pytest.fixture
def store(storage: Storage) -> ThreadStore:
    """Thread store under test."""
    return storage.threads


@pytest.fixture
async def begun(store: ThreadStore, ann: RequestContext) -> ThreadMetadata:
    """Empty thread of Ann."""
    begun = thread()
    await store.save_thread(begun, ann)
    return begun
