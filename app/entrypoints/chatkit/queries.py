"""Queries of handlers: the message to answer again, the open call, the form."""

import base64
import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from chatkit.types import AudioInput, ClientToolCallItem, StructuredInputItem, ThreadItem, UserMessageItem

from app.application.conversation.questions import expired
from app.domain.clock import clock
from app.domain.errors import InvalidInputError, RemovalNotConfirmedError
from app.domain.identity import RequestContext
from app.domain.language import _
from app.ports.thread_store import HIDDEN, PAGE_LIMIT, ThreadStore
from app.ports.transcriber import AUDIO_LIMIT, MEDIA_TYPES

OUTPUT_LIMIT: Final = 100_000
"""Characters of JSON in the result of a client tool: it is stored, and a tool reads it."""


async def message_before(store: ThreadStore, thread_id: str, item_id: str, context: RequestContext) -> UserMessageItem:
    """The item, or the newest message of the user before it: any item of an answer may be retried.

    Raises `NotFoundError`, and `InvalidInputError` when no message of the user precedes the item.
    """
    item: ThreadItem = await store.load_item(thread_id, item_id, context)
    if isinstance(item, UserMessageItem):
        return item
    after: str | None = item_id
    while after is not None:
        page = await store.load_thread_items(thread_id, after, PAGE_LIMIT, "desc", context)
        for earlier in page.data:
            if isinstance(earlier, UserMessageItem):
                return earlier
        after = page.after
    raise InvalidInputError(_("There is no message of the user before this item."))


class RetryPlan(NamedTuple):
    """A retry: the message to answer again and the ids of all items behind it, newest first, of which `answer_ids` are
    its own answer."""

    message: UserMessageItem
    removed_ids: Sequence[str]
    answer_ids: Sequence[str]


async def plan_retry(
    store: ThreadStore, thread_id: str, item_id: str, confirmed: str | None, context: RequestContext
) -> RetryPlan:
    """The message to answer again and the items to delete. Raises what `message_before` does, and
    `RemovalNotConfirmedError` when later messages would be deleted and `confirmed` is not the thread's newest item."""
    message = await message_before(store, thread_id, item_id, context)
    behind = await _items_behind(store, thread_id, message.id, context)
    later = [place for place, item in enumerate(behind) if isinstance(item, UserMessageItem)]
    if later:
        newest = next(item.id for item in reversed(behind) if item.type not in HIDDEN)
        if newest != confirmed:
            raise RemovalNotConfirmedError(
                _(
                    "Trying again here deletes later messages ({count}). Confirm that, or send yours again at the end.",
                    count=len(later),
                ),
                later_messages=len(later),
                newest_item_id=newest,
            )
    answer = behind[: later[0]] if later else behind
    return RetryPlan(message, [item.id for item in behind][::-1], [item.id for item in answer])


def confirmed_removal(metadata: Mapping[str, Any]) -> str | None:
    """The id up to which a client confirmed the deletion: `{"anyport": {"confirm_removal": ID}}`."""
    ours = metadata.get("anyport")
    confirmed = ours.get("confirm_removal") if isinstance(ours, dict) else None
    return confirmed if isinstance(confirmed, str) else None


async def _items_behind(store: ThreadStore, thread_id: str, item_id: str, context: RequestContext) -> list[ThreadItem]:
    found: list[ThreadItem] = []
    after: str | None = item_id
    while after is not None:
        page = await store.load_thread_items(thread_id, after, PAGE_LIMIT, "asc", context)
        found += page.data
        after = page.after
    return found


async def open_client_call(
    store: ThreadStore, thread_id: str, context: RequestContext, lifetime: dt.timedelta
) -> ClientToolCallItem:
    """The newest open client tool call, even with items behind it. Raises `NotFoundError`, and `InvalidInputError` when
    there is none or it has expired."""
    call = next(filter(_is_open_call, await _newest(store, thread_id, context)), None)
    if not isinstance(call, ClientToolCallItem):
        raise InvalidInputError(_("No client tool call of this thread is waiting for a result."))
    if expired(call, clock.now(), lifetime):
        raise InvalidInputError(_("This result came too late. The next message is answered without it."))
    return call


async def _newest(store: ThreadStore, thread_id: str, context: RequestContext) -> list[ThreadItem]:
    """The newest `PAGE_LIMIT` items; the store may split them into several pages."""
    page = await store.load_thread_items(thread_id, None, PAGE_LIMIT, "desc", context)
    newest = list(page.data)
    while page.after is not None and len(newest) < PAGE_LIMIT:
        page = await store.load_thread_items(thread_id, page.after, PAGE_LIMIT - len(newest), "desc", context)
        newest += page.data
    return newest


def _is_open_call(item: ThreadItem) -> bool:
    return isinstance(item, ClientToolCallItem) and item.status == "pending"


async def form_item(store: ThreadStore, thread_id: str, item_id: str, context: RequestContext) -> StructuredInputItem:
    """A form. Raises `NotFoundError`, and `InvalidInputError` for any other item."""
    item = await store.load_item(thread_id, item_id, context)
    if not isinstance(item, StructuredInputItem):
        raise InvalidInputError(_("This item is not a question that waits for an answer."))
    return item


def decoded_audio(text: str) -> bytes:
    """The bytes of a recording. Raises `InvalidInputError` when the text is not base64."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise InvalidInputError(_("The recording is not base64.")) from None


def check_audio(audio: AudioInput) -> None:
    """Raises `InvalidInputError` for a recording that is empty, too long, or of an unknown format."""
    if audio.media_type.lower() not in MEDIA_TYPES:
        raise InvalidInputError(
            _("Audio of this type is not understood. Send one of: {types}.", types=", ".join(sorted(MEDIA_TYPES)))
        )
    if not 0 < len(audio.data) <= AUDIO_LIMIT:
        raise InvalidInputError(_("A recording has 1 to {limit} bytes.", limit=AUDIO_LIMIT))


def check_output(result: object) -> None:
    """Raises `InvalidInputError` for a result of more than `OUTPUT_LIMIT` characters."""
    if len(json.dumps(result)) > OUTPUT_LIMIT:
        raise InvalidInputError(
            _("The result of a client tool may have {limit} characters of JSON at most.", limit=OUTPUT_LIMIT)
        )
