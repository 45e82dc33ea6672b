"""ChatKit's models, which are built before the first request is read."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from chatkit.types import Attachment, ChatKitReq, ThreadItem
from pydantic import TypeAdapter

from app.application import shapes
from app.application.shapes import shape
from app.entrypoints.chatkit import models


@pytest.fixture
def built_when_used(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As a server begins."""
    late = partial(TypeAdapter, config={"defer_build": True})
    for module in (shapes, models):
        monkeypatch.setattr(module, "TypeAdapter", late)
    caches = (shape, models.requests)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


@pytest.mark.usefixtures("built_when_used")
@pytest.mark.parametrize("kind", [ThreadItem, Attachment, ChatKitReq])
def test_every_union_of_theirs_is_built_with_them(kind: Any) -> None:
    adapter = models.requests() if kind is ChatKitReq else shape(kind)
    assert not adapter.pydantic_complete
    models.build()
    assert adapter.pydantic_complete
