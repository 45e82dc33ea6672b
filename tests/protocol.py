"""ChatKit's protocol, read from its types."""

from typing import Any, get_args


def kinds(union: Any) -> set[str]:
    """Return the `type` of each member of a union."""
    return {member.model_fields["type"].default for member in members(union)}


def members(union: Any) -> list[Any]:
    """Return the classes of a union, nested and annotated ones included."""
    parts = get_args(union)
    if not parts:
        return [union] if isinstance(union, type) else []
    return [member for part in parts for member in members(part) if hasattr(member, "model_fields")]
