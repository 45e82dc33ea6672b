"""Argument edits: the user's changes to the arguments of a call, checked against the tool's schema."""

import asyncio
import json
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from app.adapters.agents_sdk.approvals.form import EDIT_CHARACTERS, editable_arguments
from app.domain.errors import InvalidInputError
from app.domain.language import _


async def edited(arguments: str, edits: Mapping[str, str], schema: Mapping[str, Any]) -> str:
    """Return the arguments with the edits, as JSON text. Raises `InvalidInputError` for edits that the schema refuses.

    A text is taken as it is where the schema allows text, and else as JSON.
    """
    changed = editable_arguments(arguments)
    for name, text in edits.items():
        if len(text) > EDIT_CHARACTERS:
            raise InvalidInputError(
                _("“{name}” is too long: at most {limit} characters.", name=name, limit=EDIT_CHARACTERS)
            )
        changed[name] = _value(text, changed[name], schema.get("properties", {}).get(name, {}))
    # In a thread: the first import of `jsonschema` takes 0.1 s, and a schema may be large.
    if problem := await asyncio.to_thread(_problem, changed, schema):
        raise InvalidInputError(problem)
    return json.dumps(changed, ensure_ascii=False)


def _value(text: str, present: Any, schema: Mapping[str, Any]) -> Any:
    kinds = _kinds(schema)
    if isinstance(present, str) or kinds == {"string"}:
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _kinds(schema: Mapping[str, Any]) -> set[str]:
    """The types of JSON that a property may have, besides null; empty when the schema does not say."""
    kind = schema.get("type", ())
    kinds = {kind} if isinstance(kind, str) else set(kind)
    for option in schema.get("anyOf", ()):
        kinds |= _kinds(option)
    return kinds - {"null"}


def _problem(arguments: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """What is wrong with the arguments, for the user; empty when they fit."""
    jsonschema, referencing = import_module("jsonschema"), import_module("referencing")
    try:
        # An empty registry: by default addresses in a schema would be fetched.
        validator = jsonschema.validators.validator_for(schema)(schema, registry=referencing.Registry())
        found = next(iter(validator.iter_errors(arguments)), None)
    except Exception:  # A tool's schema may be invalid, or refer to what is not there.
        return _("This tool's arguments cannot be changed here.")
    if found is None:
        return ""
    name = " › ".join(map(str, found.absolute_path)) or "?"
    return _("“{name}” does not fit: {reason}", name=name, reason=found.message[:300])
