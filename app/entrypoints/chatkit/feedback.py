"""Feedback on items, stored with the user's message that they answer."""

from collections.abc import Sequence

from chatkit.types import FeedbackKind

from app.chatkit_json.item_text import text_of_item
from app.domain.errors import InvalidInputError
from app.domain.identity import RequestContext
from app.domain.language import _
from app.entrypoints.chatkit.queries import message_before
from app.ports.thread_store import PAGE_LIMIT, ThreadStore


async def save_feedback(
    store: ThreadStore, thread_id: str, item_ids: Sequence[str], kind: FeedbackKind, context: RequestContext
) -> None:
    """Store a rating of items; all or none of the items of one answer. Raises `NotFoundError`, and `InvalidInputError`
    for more than `PAGE_LIMIT` items."""
    if len(item_ids) > PAGE_LIMIT:
        raise InvalidInputError(_("At most {limit} items can be judged at once.", limit=PAGE_LIMIT))
    questions: dict[str, list[str]] = {}
    left = list(dict.fromkeys(item_ids))
    while left:
        question, answer = await _turn_of(store, thread_id, left[0], context)
        questions.setdefault(question, []).extend(item_id for item_id in left if item_id in answer)
        left = [item_id for item_id in left if item_id not in answer]
    for question, judged in (questions or {"": []}).items():
        await store.save_feedback(thread_id, judged, kind, context, question=question)


async def _turn_of(
    store: ThreadStore, thread_id: str, item_id: str, context: RequestContext
) -> tuple[str, frozenset[str]]:
    """The text of the message before an item, and the ids of all items of that answer."""
    try:
        message = await message_before(store, thread_id, item_id, context)
    except InvalidInputError:
        return "", frozenset({item_id})  # A thread may begin with the assistant.
    page = await store.load_thread_items(thread_id, message.id, PAGE_LIMIT, "asc", context)
    answer = {item_id, message.id}
    for item in page.data:
        if item.type == "user_message":
            break
        answer.add(item.id)
    return text_of_item(message), frozenset(answer)
