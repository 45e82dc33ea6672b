"""Findings: the sentences about the wrong fields of one assistant."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.adapters.agents_sdk.assistant_checks.advice import advice_for
from app.adapters.agents_sdk.assistant_checks.hints import Mismatch, mismatches
from app.adapters.agents_sdk.assistant_checks.values import counted_parameters, described, is_function


def wrong_fields(owner: Any, hints: Mapping[str, Any], place: str) -> Iterator[str]:
    """Yield a sentence for each field of `owner` whose value does not fit its hint; `place` goes before the field."""
    for field, hint in hints.items():
        for mismatch in mismatches(getattr(owner, field), hint):
            yield sentence(f"{place}{field}", field, mismatch)


def sentence(place: str, field: str, mismatch: Mismatch) -> str:
    """Return the sentence about one value, with the change that mends it."""
    found = described(mismatch.value)
    if "function of" in mismatch.wanted and is_function(mismatch.value):
        found = f"{found} of {counted_parameters(mismatch.value)}"
    text = f"{place}{mismatch.place} is {found}, expected {mismatch.wanted}."
    return f"{text} {_change(field, mismatch)}".rstrip()


def _change(field: str, mismatch: Mismatch) -> str:
    whole = not mismatch.place
    if whole and mismatch.wanted == "a list" and isinstance(mismatch.value, tuple | set | frozenset | Mapping):
        return f"Write it as a list: {field}=[…]."
    return advice_for(field, mismatch.value) or (
        f"Write it as a list: {field}=[…]." if whole and mismatch.wanted == "a list" else ""
    )
