"""A turn that nobody followed to its end is cut back to what was shown, for its user and for the model."""

from collections.abc import Sequence
from typing import Any

from chatkit.store import NotFoundError
from chatkit.types import AssistantMessageItem
from msgspec.structs import replace

from app.application.turns.endings import incomplete
from app.application.turns.recovery import newest_message
from app.application.turns.transcript import Shown, Transcript, message, text_of
from app.domain.identity import RequestContext
from app.ports.thread_store import ThreadStore
from app.ports.turn_log import TurnLog


class Truncation:
    """What is kept of a turn of which only the first `shown` events reached somebody."""

    def __init__(self, events: Sequence[bytes], shown: int, thread_id: str, context: RequestContext) -> None:
        self._whole, self._seen = Transcript(events), Transcript(events[:shown])
        self._thread_id = thread_id
        self._context = context

    async def store(self, threads: ThreadStore, turn_log: TurnLog) -> None:
        """Store it, and tell the model of later turns no more than the user saw; what tools did, they did. Safe to
        repeat. Raises `StoreUnavailableError`."""
        shorter = self._shorter
        for key in shorter:
            try:
                await self._store_item(key, threads)
            except NotFoundError:
                continue  # It was never stored, or the thread is gone.
        if any(item["type"] == "assistant_message" for item in shorter.values()):
            await self._store_record(shorter, threads, turn_log)

    @property
    def _shorter(self) -> dict[str, Shown]:
        items = self._whole.items.items()
        return {
            key: item for key, item in items if item["type"] != "user_message" and item != self._seen.items.get(key)
        }

    async def _store_item(self, key: str, threads: ThreadStore) -> None:
        item = self._seen.items.get(key)
        if item is None or (item["type"] == "assistant_message" and not text_of(item).strip()):
            await threads.delete_thread_item(self._thread_id, key, self._context)
        elif item["type"] == "assistant_message":
            stored = await threads.load_item(self._thread_id, key, self._context)
            if isinstance(stored, AssistantMessageItem):
                cut = stored.model_copy(update={"content": message(item).content})
                await threads.save_item(self._thread_id, incomplete(cut, "disconnected"), self._context)

    async def _store_record(self, shorter: dict[str, Shown], threads: ThreadStore, turn_log: TurnLog) -> None:
        try:
            asked = self._whole.asked or await newest_message(threads, self._thread_id, self._context)
            if asked is None:
                return
            record = (await turn_log.load(self._thread_id, [asked], self._context)).get(asked)
            if record is None or not set(record.item_ids) & set(shorter):
                return
            said = {text_of(item): self._kept_of(key) for key, item in shorter.items()}
            model_items = [kept for item in record.model_items if (kept := _told(item, said)) is not None]
            await turn_log.save(replace(record, model_items=model_items), self._context)
        except NotFoundError:
            return  # The thread is gone.

    def _kept_of(self, key: str) -> str:
        item = self._seen.items.get(key)
        return "" if item is None else text_of(item)


def _told(item: dict[str, Any], said: dict[str, str]) -> dict[str, Any] | None:
    """The model's item with only what was kept of its text; None when that is nothing."""
    content = item.get("content")
    if item.get("type") != "message" or not isinstance(content, list):
        return item
    text = "".join(part.get("text", "") for part in content)
    if text not in said:
        return item
    kept = said[text]
    return {**item, "content": [{**content[0], "text": kept, "annotations": []}]} if kept.strip() else None
