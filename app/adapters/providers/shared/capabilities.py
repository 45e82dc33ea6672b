"""Capabilities of models, looked up by the pattern of a model's name."""

import re
from collections.abc import Sequence

from app.ports.model_provider import Capabilities, ModelInfo


def offered(default: str, more: str, table: Sequence[tuple[str, Capabilities]]) -> list[ModelInfo]:
    """`default` and the comma-separated names in `more`, with capabilities by the first pattern that matches."""
    names = dict.fromkeys([default, *(name for part in more.split(",") if (name := part.strip()))])
    return [ModelInfo(name=name, capabilities=capabilities(name, table)) for name in names]


def capabilities(name: str, table: Sequence[tuple[str, Capabilities]]) -> Capabilities:
    """Those of the first pattern in `table` that matches `name`, which may have a vendor in front."""
    bare = name.rsplit("/", 1)[-1]
    return next((known for pattern, known in table if re.match(pattern, bare)), Capabilities())
