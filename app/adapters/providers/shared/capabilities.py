"""Capabilities of models, looked up by the pattern of a model's name."""

import re
from collections.abc import Sequence

import msgspec

from app.adapters.providers.shared.reasoning import reasons
from app.ports.model_provider import Capabilities, ModelInfo


def model_names(default: str, more: str) -> list[str]:
    """Names of the models to offer: `default` and the comma-separated names in `more`, without duplicates."""
    return list(dict.fromkeys([default, *(name for part in more.split(",") if (name := part.strip()))]))


def offered_models(default: str, more: str, table: Sequence[tuple[str, Capabilities]]) -> list[ModelInfo]:
    """Models to offer: `default` and the comma-separated names in `more`, with their capabilities."""
    return [ModelInfo(name=name, capabilities=capabilities_of(name, table)) for name in model_names(default, more)]


def capabilities_of(name: str, table: Sequence[tuple[str, Capabilities]]) -> Capabilities:
    """Capabilities of the first pattern in `table` that matches `name`; a vendor prefix is ignored.

    Reasoning comes from the table of model families instead.
    """
    bare = name.rsplit("/", 1)[-1]
    known = next((known for pattern, known in table if re.match(pattern, bare)), Capabilities())
    return msgspec.structs.replace(known, reasoning=reasons(name))
