"""Refused parameters: which parameter an error names, and the memory of those that a model refused."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

Path = tuple[str, ...]
Fields = Mapping[str, Any]

_STATUSES: Final = frozenset({400, 404, 422})
_LONGEST_BODY: Final = 20_000
# A name that upstreams write in another way than the request does.
_ALIASES: Final = {"include": "encrypted_content", "reasoning.summary": "reasoning_summar"}
_UNSUPPORTED: Final = re.compile(
    r"\b(reasoning|thinking)\b[^{}]{0,60}\bnot\b[^{}]{0,20}\b(support|enabl|availab|permit|allow)"
    r"|\b(not|n't) support[^{}]{0,20}\b(reasoning|thinking)\b",
    re.IGNORECASE,
)


class RefusedParameters:
    """Memory of the reasoning parameters that upstreams refused, by model; it lasts as long as the provider."""

    def __init__(self) -> None:
        self._paths: dict[str, set[Path]] = {}

    def accepted(self, model: str, fields: Fields) -> dict[str, Any]:
        """Return `fields` without the parameters that the model refused."""
        refused = self._paths.get(model)
        return _without(fields, refused) if refused else dict(fields)

    def add(self, model: str, path: Path) -> bool:
        """Remember a refused parameter; False when it is known already."""
        known = self._paths.setdefault(model, set())
        if path in known:
            return False
        known.add(path)
        return True


def refused_parameter(fields: Fields, status: int | None, body: object) -> Path | None:
    """Return the path of the parameter in `fields` that an error names, the deepest one; `()` stands for all.

    None for an error of another cause.
    """
    if status not in _STATUSES or not fields:
        return None
    text = str(body)[:_LONGEST_BODY]
    words = re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", text).lower())
    named = [path for path in _paths(fields) if _is_named(path, text, words)]
    if named:
        return max(named, key=len)
    return () if _UNSUPPORTED.search(text) else None


def _paths(fields: Fields, above: Path = ()) -> Iterator[Path]:
    for name, value in fields.items():
        path = (*above, name)
        yield path
        if isinstance(value, Mapping):
            yield from _paths(value, path)


def _is_named(path: Path, text: str, words: str) -> bool:
    name = ".".join(path)
    if alias := _ALIASES.get(name):
        return f"_{alias}" in f"_{words}"
    leaf = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", path[-1]).lower()
    if "_" in leaf:
        return f"_{leaf}_" in f"_{words}_"
    if len(path) > 1:
        return f"_{path[-2].lower()}_{leaf}_" in f"_{words}_"
    # One plain word, such as `reasoning`, counts only as the name of a parameter.
    as_name = rf"\b(parameter|argument|name|field|body)s?\b[^.{{}}]{{0,40}}\b{leaf}\b"
    return bool(re.search(as_name, text, re.IGNORECASE))


def _without(fields: Fields, refused: set[Path], above: Path = ()) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    if () in refused:
        return kept
    for name, value in fields.items():
        path = (*above, name)
        if path in refused:
            continue
        if isinstance(value, Mapping):
            if inner := _without(value, refused, path):
                kept[name] = inner
        else:
            kept[name] = value
    return kept
