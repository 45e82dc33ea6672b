"""Valid and invalid values of a JSON schema."""

from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import strategies as st

HOSTILE = (
    "",
    "\x00",
    "\ud83d",
    "\u202e\u2066",
    "<script>alert(1)</script>",
    "'; DROP TABLE threads; --",
    "../../../etc/passwd",
    "{{7*7}} ${7*7} %s %n",
    "null",
    "x" * 100_000,
    "👩‍👩‍👧" * 50,
)
"""Texts that often break programs; one of them is a lone surrogate."""

TEXTS = st.sampled_from(HOSTILE) | st.text(max_size=20)
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)

Path = tuple[str | int, ...]


Values = st.SearchStrategy[Any]
Known = Mapping[str, Values]


def fitting(schema: Mapping[str, Any], known: Known) -> Values:
    """Strategy of values that fit a pydantic JSON schema; properties in `known` use the strategy given there."""
    return _Fitting(schema.get("$defs", {}), known).values(schema)


class _Fitting:
    def __init__(self, definitions: Mapping[str, Any], known: Known) -> None:
        self._definitions = definitions
        self._known = known

    def values(self, schema: Mapping[str, Any]) -> Values:
        match schema:
            case {"$ref": str(reference)}:
                return self.values(self._definitions[reference.rpartition("/")[2]])
            case {"const": constant}:
                return st.just(constant)
            case {"enum": list(values)}:
                return st.sampled_from(values)
            case {"anyOf": list(parts)} | {"oneOf": list(parts)}:
                return st.one_of([self.values(part) for part in parts])
            case {"type": "object"}:
                return self._object(schema)
            case {"type": "array", "items": dict(items)}:
                return st.lists(self.values(items), max_size=3)
        return _PLAIN.get(str(schema.get("type")), ANYTHING)

    def _object(self, schema: Mapping[str, Any]) -> Values:
        if "properties" not in schema:
            return st.dictionaries(st.text(max_size=5), ANYTHING, max_size=2)
        fields = {
            name: self._known[name] if name in self._known else self.values(part)
            for name, part in schema["properties"].items()
        }
        needed = {name: field for name, field in fields.items() if name in {*schema.get("required", []), "type"}}
        optional = {name: field for name, field in fields.items() if name not in needed}
        return st.fixed_dictionaries(needed, optional=optional)


_PLAIN: Mapping[str, Values] = {
    "string": TEXTS,
    "integer": st.integers(),
    "boolean": st.booleans(),
    "null": st.none(),
}


@st.composite
def spoilt(draw: st.DrawFn, values: Values) -> Any:
    """Strategy of a value with a part omitted, added, or of another type."""
    value = draw(values)
    path = draw(st.sampled_from(sorted(paths(value), key=str)))
    way = draw(st.sampled_from(("replace", "remove", "add")))
    if not path:
        return draw(ANYTHING)
    *above, last = path
    parent: Any = value
    for step in above:
        parent = parent[step]
    if way == "remove":
        del parent[last]
    elif way == "add" and isinstance(parent, dict):
        parent[draw(TEXTS)] = draw(ANYTHING)
    else:
        parent[last] = draw(ANYTHING)
    return value


def paths(value: Any) -> Iterator[Path]:
    """Yield the path of each part of a JSON value, the value itself first."""
    yield ()
    steps: list[Any] = []
    if isinstance(value, dict):
        steps = list(value)
    elif isinstance(value, list):
        steps = list(range(len(value)))
    for step in steps:
        for rest in paths(value[step]):
            yield (step, *rest)
