"""ChatKit's models, which are built before the first request is read."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from chatkit.types import Attachment, ChatKitReq, ThreadItem
from pydantic import TypeAdapter

from app.chatkit_json import type_adapters as shapes
from app.chatkit_json import validators as models
from app.chatkit_json.type_adapters import type_adapter


@pytest.fixture
def built_when_used(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As a server begins."""
    monkeypatch.setattr(shapes, "TypeAdapter", partial(TypeAdapter, config={"defer_build": True}))
    type_adapter.cache_clear()
    yield
    type_adapter.cache_clear()


@pytest.mark.usefixtures("built_when_used")
@pytest.mark.parametrize("kind", [ThreadItem, Attachment, ChatKitReq])
def test_every_union_of_theirs_is_built_with_them(kind: Any) -> None:
    adapter = type_adapter(kind)
    assert not adapter.pydantic_complete
    models.build_validators()
    assert adapter.pydantic_complete
