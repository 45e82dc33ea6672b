"""ChatKit's protocol as its types say it."""

from typing import Any, get_args


def kinds(union: Any) -> set[str]:
    """The `type`s of a union's members."""
    return {member.model_fields["type"].default for member in members(union)}


def members(union: Any) -> list[Any]:
    """The classes in a union, however it is nested and annotated."""
    parts = get_args(union)
    if not parts:
        return [union] if isinstance(union, type) else []
    return [member for part in parts for member in members(part) if hasattr(member, "model_fields")]
