"""Links in messages, renewed with each response, because signed links expire."""

from collections.abc import Iterator

from chatkit.types import GeneratedImageItem, Page, UserMessageItem
from pydantic import BaseModel

from app.application.attachments.image_ids import is_kept
from app.application.attachments.service import Attachments
from app.domain.identity import RequestContext


def renew_links(shown: BaseModel, attachments: Attachments, context: RequestContext) -> None:
    """Renew the link of every image in an event, a thread or a page."""
    for item in _items(shown):
        if isinstance(item, UserMessageItem):
            item.attachments = [attachments.linked(attachment, context) for attachment in item.attachments]
        elif isinstance(item, GeneratedImageItem) and item.image is not None and is_kept(item.id, item.image.id):
            item.image = item.image.model_copy(update={"url": attachments.preview_url(item.image.id, context)})


def _items(shown: BaseModel) -> Iterator[object]:
    fields = vars(shown)  # Attribute access costs more for a missing field of a model.
    page = fields.get("items", shown)
    yield from page.data if isinstance(page, Page) else [fields.get("item")]
