"""`items.list` and `items.feedback`."""

from chatkit.types import ItemsFeedbackReq, ItemsListReq, Page, ThreadItem

from app.application.turns.registry import TurnRegistry
from app.domain.identity import RequestContext
from app.entrypoints.chatkit.feedback import save_feedback
from app.entrypoints.chatkit.handlers.threads import PAGE_SIZE
from app.entrypoints.chatkit.turn_placement import add_unfinished
from app.ports.thread_store import ThreadStore


class ItemHandler:
    """Lists the items of a thread, and stores feedback on them."""

    def __init__(self, store: ThreadStore, turns: TurnRegistry) -> None:
        self._store = store
        self._turns = turns

    async def list(self, request: ItemsListReq, context: RequestContext) -> Page[ThreadItem]:
        """A page of items, with the unfinished messages of the running turn. Raises `NotFoundError`."""
        params = request.params
        page: Page[ThreadItem] = await self._store.load_thread_items(
            params.thread_id, params.after, params.limit or PAGE_SIZE, params.order, context
        )
        add_unfinished(page, await self._turns.open(params.thread_id), params.order, first=params.after is None)
        return page

    async def feedback(self, request: ItemsFeedbackReq, context: RequestContext) -> None:
        """Store one rating for each item. Raises what `save_feedback` does."""
        params = request.params
        await save_feedback(self._store, params.thread_id, params.item_ids, params.kind, context)
