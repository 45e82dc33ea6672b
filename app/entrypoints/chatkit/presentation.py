"""Responses for a client: renewed links, no expired calls, times in UTC."""

import datetime as dt

from chatkit.types import ErrorEvent, Page, Thread, ThreadMetadata, ThreadStreamEvent
from pydantic import BaseModel

from app.application.attachments.service import Attachments
from app.application.conversation.questions import expired, give_up
from app.chatkit_json.pages import page_json
from app.chatkit_json.serialization import to_json
from app.chatkit_json.text_delta import encoded_text_delta
from app.domain.clock import clock
from app.domain.identity import RequestContext
from app.domain.language import _
from app.entrypoints.chatkit.errors import GENERIC
from app.entrypoints.chatkit.fresh_links import renew_links


def thread_response(thread: ThreadMetadata, items: Page | None = None) -> Thread:  # type: ignore[type-arg]  # of items
    """The thread without internal metadata."""
    return Thread(
        id=thread.id,
        title=thread.title,
        created_at=thread.created_at,
        items=items or Page(),
        status=thread.status,
        allowed_image_domains=thread.allowed_image_domains,
    )


class ResponseSerializer:
    """Serializes ChatKit's models for clients; client tool calls expire after their `lifetime`."""

    def __init__(self, attachments: Attachments, lifetime: dt.timedelta) -> None:
        self._attachments = attachments
        self._lifetime = lifetime

    def frame(self, event: ThreadStreamEvent, context: RequestContext) -> bytes:
        """The event as a server-sent event."""
        if (encoded := encoded_text_delta(event)) is None:
            renew_links(event, self._attachments, context)
            if isinstance(event, ErrorEvent) and not event.message:
                event.message = _(GENERIC)  # Some clients show messages only.
            encoded = to_json(_in_utc(event))
        return b"".join((b"data: ", encoded, b"\n\n"))

    async def answer(self, answer: BaseModel | None, context: RequestContext) -> bytes:
        """The JSON of a response, `{}` for None; pages are serialized item by item, with cooperative yields."""
        if answer is None:
            return b"{}"
        renew_links(answer, self._attachments, context)
        if not isinstance(answer, Thread | Page):
            return to_json(answer)
        page = answer.items if isinstance(answer, Thread) else answer
        now = clock.now()
        # A client must neither run nor wait for an expired call.
        page.data = [give_up(item) if expired(item, now, self._lifetime) else item for item in page.data]
        return await page_json(answer, to_json)


def _in_utc(event: ThreadStreamEvent) -> ThreadStreamEvent:
    """The event with times in UTC: ChatKit's helpers write naive local times. Copies, because assistants reuse their
    objects."""
    for name in ("item", "thread"):
        stamped = vars(event).get(name)
        if stamped is not None and stamped.created_at.tzinfo is None:
            in_utc = stamped.model_copy(update={"created_at": clock.in_utc(stamped.created_at)})
            return event.model_copy(update={name: in_utc})
    return event
