"""Turn log in dictionaries."""

import copy
from collections.abc import Mapping, Sequence

from app.adapters.stores.memory.threads import MemoryThreadStore
from app.domain.identity import RequestContext
from app.ports.turn_log import TurnLog, TurnRecord


class MemoryTurnLog(TurnLog):
    """`TurnLog` on the threads of a `MemoryThreadStore`."""

    def __init__(self, threads: MemoryThreadStore) -> None:
        self._threads = threads

    async def save(self, record: TurnRecord, context: RequestContext) -> None:
        self._threads.owned(record.thread_id, context).turns[record.after_item_id] = copy.deepcopy(record)

    async def delete(self, thread_id: str, after_item_id: str, context: RequestContext) -> None:
        self._threads.owned(thread_id, context).turns.pop(after_item_id, None)

    async def load(
        self, thread_id: str, after_item_ids: Sequence[str], context: RequestContext
    ) -> Mapping[str, TurnRecord]:
        turns = self._threads.owned(thread_id, context).turns
        return {key: copy.deepcopy(turns[key]) for key in after_item_ids if key in turns}
