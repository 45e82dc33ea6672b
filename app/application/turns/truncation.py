"""Truncation: an abandoned turn is cut to the part its user saw, in the thread and for the model."""

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
    """Truncates a turn to its first `shown` events."""

    def __init__(self, events: Sequence[bytes], shown: int, thread_id: str, context: RequestContext) -> None:
        self._full, self._shown = Transcript(events), Transcript(events[:shown])
        self._thread_id = thread_id
        self._context = context

    async def store(self, threads: ThreadStore, turn_log: TurnLog) -> None:
        """Store the truncated items and the truncated turn record, so that later turns know only the shown text.

        Effects of tools stay. Idempotent. Raises `StoreUnavailableError`.
        """
        changed = self._changed
        for key in changed:
            try:
                await self._store_item(key, threads)
            except NotFoundError:
                continue  # The item was never stored, or the thread was deleted.
        if any(item["type"] == "assistant_message" for item in changed.values()):
            await self._store_record(changed, threads, turn_log)

    @property
    def _changed(self) -> dict[str, Shown]:
        items = self._full.items.items()
        return {
            key: item for key, item in items if item["type"] != "user_message" and item != self._shown.items.get(key)
        }

    async def _store_item(self, key: str, threads: ThreadStore) -> None:
        item = self._shown.items.get(key)
        if item is None or (item["type"] == "assistant_message" and not text_of(item).strip()):
            await threads.delete_thread_item(self._thread_id, key, self._context)
        elif item["type"] == "assistant_message":
            stored = await threads.load_item(self._thread_id, key, self._context)
            if isinstance(stored, AssistantMessageItem):
                truncated = stored.model_copy(update={"content": message(item).content})
                await threads.save_item(self._thread_id, incomplete(truncated, "disconnected"), self._context)

    async def _store_record(self, changed: dict[str, Shown], threads: ThreadStore, turn_log: TurnLog) -> None:
        try:
            asked = self._full.asked or await newest_message(threads, self._thread_id, self._context)
            if asked is None:
                return
            record = (await turn_log.load(self._thread_id, [asked], self._context)).get(asked)
            if record is None or not set(record.item_ids) & set(changed):
                return
            shown_texts = {text_of(item): self._shown_text(key) for key, item in changed.items()}
            model_items = [shown for item in record.model_items if (shown := _truncated(item, shown_texts)) is not None]
            await turn_log.save(replace(record, model_items=model_items), self._context)
        except NotFoundError:
            return  # The thread was deleted.

    def _shown_text(self, key: str) -> str:
        item = self._shown.items.get(key)
        return "" if item is None else text_of(item)


def _truncated(item: dict[str, Any], shown_texts: dict[str, str]) -> dict[str, Any] | None:
    """Return the model's item with its shown text only; None when no text was shown."""
    content = item.get("content")
    if item.get("type") != "message" or not isinstance(content, list):
        return item
    text = "".join(part.get("text", "") for part in content)
    if text not in shown_texts:
        return item
    shown = shown_texts[text]
    return {**item, "content": [{**content[0], "text": shown, "annotations": []}]} if shown.strip() else None
