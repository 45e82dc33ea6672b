"""What every `Storage` promises of its own beginning and end."""

import asyncio

from app.adapters.stores import open_storage
from app.domain.identity import RequestContext
from app.environment import Secret
from app.ports.storage import Storage
from tests.factories import thread


async def test_it_is_called_as_its_address_is(storage: Storage, storage_url: Secret) -> None:
    assert storage_url.reveal().startswith(f"{storage.name}:")
    assert storage.location.startswith(f"{storage.name}:")


async def test_many_may_ask_at_once_whether_it_works(storage: Storage) -> None:
    await asyncio.gather(*(storage.check() for _ in range(50)))


async def test_it_may_be_closed_without_having_been_started(storage_url: Secret) -> None:
    await open_storage(storage_url).aclose()


async def test_it_may_be_closed_twice(storage_url: Secret) -> None:
    opened = open_storage(storage_url)
    await opened.start()
    await opened.check()
    await opened.aclose()
    await opened.aclose()


async def test_closing_one_leaves_the_others_alone(storage: Storage, storage_url: Secret, ann: RequestContext) -> None:
    kept = thread()
    await storage.threads.save_thread(kept, ann)
    other = open_storage(storage_url)
    await other.start()
    await other.aclose()
    assert await storage.threads.load_thread(kept.id, ann) == kept
