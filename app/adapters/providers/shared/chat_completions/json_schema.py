"""JSON schema converter for the subset that Gemini accepts."""

from collections.abc import Mapping
from typing import Any, Final

_UNKNOWN: Final = frozenset({"$schema", "$id", "$defs", "$comment", "definitions", "title", "default", "examples"}) | {
    "additionalProperties",
    "const",
    "strict",
}


def simplify_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Inline references and drop keywords that Gemini refuses.

    `const` becomes an `enum` of one value, and a union with null becomes `nullable`. A recursive reference becomes an
    object of any shape.
    """
    definitions = {**schema.get("definitions", {}), **schema.get("$defs", {})}
    return _cleaned(schema, definitions, ())


def _cleaned(schema: Mapping[str, Any], definitions: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    reference = schema.get("$ref")
    if isinstance(reference, str):
        name = reference.rsplit("/", 1)[-1]
        if name in path or name not in definitions:
            return {"type": "object"}
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        return _cleaned({**definitions[name], **beside}, definitions, (*path, name))

    plain = {key: _value(key, value, definitions, path) for key, value in schema.items() if key not in _UNKNOWN}
    if "const" in schema and schema["const"] is not None:
        plain.setdefault("enum", [schema["const"]])
    return _without_null(plain)


def _value(key: str, value: Any, definitions: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    if key in {"properties", "patternProperties"} and isinstance(value, Mapping):
        return {name: _cleaned(inner, definitions, path) for name, inner in value.items()}
    if key in {"anyOf", "oneOf", "allOf", "prefixItems"} and isinstance(value, list):
        return [_cleaned(inner, definitions, path) for inner in value]
    if key in {"items", "not"} and isinstance(value, Mapping):
        return _cleaned(value, definitions, path)
    return value


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    kind = schema.get("type")
    if isinstance(kind, list):
        kinds = [name for name in kind if name != "null"]
        nullable = {"nullable": True} if len(kinds) < len(kind) else {}
        return {**schema, "type": kinds[0] if kinds else "string", **nullable}
    for part in schema.pop("allOf", ()):
        schema = {**part, **schema}
    choices = schema.pop("anyOf", None) or schema.pop("oneOf", None)
    if choices is None:
        return schema
    real = [choice for choice in choices if choice.get("type") != "null"]
    if len(real) < len(choices):
        schema["nullable"] = True
    if len(real) == 1:
        return {**real[0], **schema}
    return {**schema, "anyOf": real}
