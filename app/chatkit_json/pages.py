"""Pages as JSON, item by item with cooperative yields: a hundred large items would block the event loop."""

from collections.abc import Callable
from typing import Any, Final

from chatkit.types import Page, Thread
from pydantic import BaseModel

from app.aio.cooperative_yield import CooperativeYield

_EMPTY: Final = b'"data":[]'
"""Unique in the JSON, because quotes inside a text are escaped."""


async def page_json(shown: BaseModel, write: Callable[[BaseModel], bytes]) -> bytes:
    """The JSON of a page, or of a thread with its page; equal to `write(shown)`."""
    page: Page[Any] = shown.items if isinstance(shown, Thread) else shown  # type: ignore[assignment]  # nothing else
    items, page.data = page.data, []
    head, _, tail = write(shown).partition(_EMPTY)
    page.data = items
    pieces: list[bytes] = []
    cooperative = CooperativeYield()
    for item in items:
        pieces.append(write(item))
        await cooperative.after(len(pieces[-1]))
    return b"".join((head, b'"data":[', b",".join(pieces), b"]", tail))
