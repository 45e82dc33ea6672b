"""Ids of generated images: the id of a thread item names the attachment that the item shows."""

from typing import Final

from app.domain.ids import new_id

_ITEM: Final = "img"
_ATTACHMENT: Final = "atc"


def new_image_id() -> str:
    """Return an id for the thread item of an image."""
    return new_id(_ITEM)


def new_preview_id() -> str:
    """Return an id for the attachment of an unfinished image, which no item names."""
    return new_id(_ATTACHMENT)


def attachment_of(item_id: str) -> str | None:
    """Return the id of the attachment that the item shows; None for an item that is no generated image."""
    prefix, _, rest = item_id.partition("_")
    return f"{_ATTACHMENT}_{rest}" if prefix == _ITEM and rest else None


def is_kept(item_id: str, image_id: str) -> bool:
    """True for an item whose image is an attachment here; an assistant's own item may show an image elsewhere."""
    return attachment_of(item_id) == image_id
