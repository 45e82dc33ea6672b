"""ChatKit's objects as the exact JSON of pydantic, and back."""

import json
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError


def dump(kind: Any, value: object) -> str:
    """`value` as JSON with the fields of `kind`; control characters are escaped, so it holds no NUL."""
    try:
        return _adapter(kind).dump_json(value).decode()
    except PydanticSerializationError:
        # Half an emoji, as some models send it, fits into no UTF-8; the standard library escapes it.
        return json.dumps(_adapter(kind).dump_python(value, mode="json"))


def load(kind: Any, body: str) -> Any:
    """The value that `dump` was given."""
    try:
        return _adapter(kind).validate_json(body)
    except ValidationError:
        return _adapter(kind).validate_python(json.loads(body))


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
