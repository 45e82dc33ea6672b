"""The database, wired."""

from collections.abc import AsyncIterator

from dishka import Provider, Scope, provide

from app.adapters.stores import open_storage
from app.application.changes import Changes
from app.application.timekeeping import set_clock
from app.application.watched_threads import WatchedThreads
from app.ports.storage import Storage
from app.ports.task_repository import TaskRepository
from app.ports.thread_store import ThreadStore
from app.ports.turn_log import TurnLog
from app.settings import Settings


class StorageWiring(Provider):
    """The database that `DATABASE_URL` names."""

    scope = Scope.APP

    @provide
    async def storage(self, settings: Settings) -> AsyncIterator[Storage]:
        storage = open_storage(settings.store.database_url, pool_size=settings.store.pool_size)
        try:
            await storage.start()
            await set_clock(storage)
            yield storage
        finally:
            await storage.aclose()

    @provide
    async def changes(self, storage: Storage, settings: Settings) -> AsyncIterator[Changes]:
        changes = Changes(storage.signals, keep_alive=settings.turns.keep_alive_seconds)
        try:
            yield changes
        finally:
            await changes.aclose()

    @provide
    def threads(self, storage: Storage, changes: Changes, settings: Settings) -> ThreadStore:
        return WatchedThreads(storage.threads, changes, patience=settings.turns.save_seconds)

    @provide
    def tasks(self, storage: Storage) -> TaskRepository:
        return storage.tasks

    @provide
    def turn_log(self, storage: Storage) -> TurnLog:
        return storage.turn_log
