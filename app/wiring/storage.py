"""Wiring of the storage."""

from collections.abc import AsyncIterator

from dishka import Provider, Scope, provide

from app.adapters.stores import open_storage
from app.application.health.timekeeping import sync_clock
from app.application.threads.change_feed import ChangeFeed
from app.application.threads.notifying_store import NotifyingThreadStore
from app.ports.approval_log import ApprovalLog
from app.ports.storage import Storage
from app.ports.task_repository import TaskRepository
from app.ports.thread_store import ThreadStore
from app.ports.turn_log import TurnLog
from app.settings import Settings


class StorageWiring(Provider):
    """The storage of `DATABASE_URL`, its change feed and its ports."""

    scope = Scope.APP

    @provide
    async def storage(self, settings: Settings) -> AsyncIterator[Storage]:
        storage = open_storage(settings.store.database_url, pool_size=settings.store.pool_size)
        try:
            await storage.start()
            await sync_clock(storage)
            yield storage
        finally:
            await storage.aclose()

    @provide
    async def changes(self, storage: Storage, settings: Settings) -> AsyncIterator[ChangeFeed]:
        changes = ChangeFeed(storage.signals, keep_alive=settings.turns.keep_alive_seconds)
        try:
            yield changes
        finally:
            await changes.aclose()

    @provide
    def threads(self, storage: Storage, changes: ChangeFeed, settings: Settings) -> ThreadStore:
        return NotifyingThreadStore(storage.threads, changes, patience=settings.turns.save_seconds)

    @provide
    def tasks(self, storage: Storage) -> TaskRepository:
        return storage.tasks

    @provide
    def approvals(self, storage: Storage) -> ApprovalLog:
        return storage.approvals

    @provide
    def turn_log(self, storage: Storage) -> TurnLog:
        return storage.turn_log
