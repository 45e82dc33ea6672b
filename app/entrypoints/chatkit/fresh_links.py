"""Links in old messages, made anew each time that somebody is shown them."""

from collections.abc import Iterator

from chatkit.types import Page, UserMessageItem
from pydantic import BaseModel

from app.application.attachments.service import Attachments
from app.domain.identity import RequestContext


def renew_links(shown: BaseModel, attachments: Attachments, context: RequestContext) -> None:
    """Give every image in an event, a thread or a page a link that works."""
    for message in _messages(shown):
        message.attachments = [attachments.linked(attachment, context) for attachment in message.attachments]


def _messages(shown: BaseModel) -> Iterator[UserMessageItem]:
    fields = vars(shown)  # Asking a model for a field that it lacks costs more than all else here.
    page = fields.get("items", shown)
    items = page.data if isinstance(page, Page) else [fields.get("item")]
    yield from (item for item in items if isinstance(item, UserMessageItem))
