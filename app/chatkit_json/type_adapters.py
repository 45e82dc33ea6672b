"""What reads and writes ChatKit's unions, such as any item of a thread."""

from functools import cache
from typing import Any

from pydantic import TypeAdapter


@cache
def type_adapter(kind: Any) -> TypeAdapter[Any]:
    """Of a model or a union of ChatKit's; one for all who ask. Built when first used: 4 ms for a thread's items."""
    return TypeAdapter(kind)
