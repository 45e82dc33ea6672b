"""Links in messages, renewed with each response, because signed links expire."""

from collections.abc import Iterator

from chatkit.types import Page, UserMessageItem
from pydantic import BaseModel

from app.application.attachments.service import Attachments
from app.domain.identity import RequestContext


def renew_links(shown: BaseModel, attachments: Attachments, context: RequestContext) -> None:
    """Renew the link of every image in an event, a thread or a page."""
    for message in _messages(shown):
        message.attachments = [attachments.linked(attachment, context) for attachment in message.attachments]


def _messages(shown: BaseModel) -> Iterator[UserMessageItem]:
    fields = vars(shown)  # Attribute access costs more for a missing field of a model.
    page = fields.get("items", shown)
    items = page.data if isinstance(page, Page) else [fields.get("item")]
    yield from (item for item in items if isinstance(item, UserMessageItem))
