"""A page as JSON, an item at a time: a hundred large ones in one go would hold up everybody else."""

from collections.abc import Callable
from typing import Any, Final

from chatkit.types import Page, Thread
from pydantic import BaseModel

from app.aio.cooperative_yield import CooperativeYield

_EMPTY: Final = b'"data":[]'
"""Inside a text the quotes would be escaped."""


async def page_json(shown: BaseModel, write: Callable[[BaseModel], bytes]) -> bytes:
    """What `write` makes of a page, or of a thread with its page."""
    page: Page[Any] = shown.items if isinstance(shown, Thread) else shown  # type: ignore[assignment]  # nothing else
    items, page.data = page.data, []
    head, _, tail = write(shown).partition(_EMPTY)
    page.data = items
    pieces: list[bytes] = []
    pauses = CooperativeYield()
    for item in items:
        pieces.append(write(item))
        await pauses.after(len(pieces[-1]))
    return b"".join((head, b'"data":[', b",".join(pieces), b"]", tail))
