"""One storage of each kind for all contract tests; each test has users of its own, so none sees another's data."""

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
    """Where an empty storage of each kind is, as an operator would write it."""
    async with databases.fresh() as postgres:
        sqlite = f"sqlite:///{tmp_path_factory.mktemp('contracts')}/store.db"
        urls = {"memory": "memory://", "sqlite": sqlite, "postgresql": postgres}
        yield Secret(urls[request.param])


@pytest.fixture(scope="session")
async def storage(storage_url: Secret) -> AsyncIterator[Storage]:
    """A started storage of each kind."""
    storage = open_storage(storage_url)
    try:
        await storage.start()
        yield storage
    finally:
        await storage.aclose()


@pytest.fixture
def ann() -> RequestContext:
    """A user whom no other test knows."""
    return RequestContext(user_id=new_id("ann"))


@pytest.fixture
def bob() -> RequestContext:
    """Somebody else."""
    return RequestContext(user_id=new_id("bob"))


@pytest.fixture
def store(storage: Storage) -> ThreadStore:
    """The store under test."""
    return storage.threads


@pytest.fixture
async def begun(store: ThreadStore, ann: RequestContext) -> ThreadMetadata:
    """An empty thread of Ann's."""
    begun = thread()
    await store.save_thread(begun, ann)
    return begun
