"""JSON text: limits that are checked before parsing."""

from typing import Final, Literal

DEPTH: Final = 100
"""Most levels of lists and objects in a text from outside. Parsers fail from 200 levels on, each in its own way."""

Excess = Literal["values", "depth"]

_NO_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))


def excess(text: bytes | bytearray, values: int, depth: int = DEPTH) -> Excess | None:
    """Return the limit that the text exceeds; None within both. The result is undefined for invalid JSON.

    `values` limits strings and entries of lists and objects together, `depth` the levels; signs in strings do not
    count. Most texts are too short for either, and are only measured.
    """
    may_have_more = len(text) > 2 * values  # Each takes two bytes at least.
    may_be_deeper = text.count(b"[") + text.count(b"{") > depth
    if not may_have_more and not may_be_deeper:
        return None
    # Without escaped quotes, each quote starts or ends a string.
    plain = bytes(text).replace(rb"\\", b"").replace(rb"\"", b"") if b"\\" in text else bytes(text)
    strings = plain.count(b'"') // 2
    if strings > values:
        return "values"
    structure = b"".join(plain.split(b'"')[::2])
    if may_have_more and strings + sum(map(structure.count, (b",", b"[", b"{"))) > values:
        return "values"
    return "depth" if may_be_deeper and _is_deeper(structure, depth) else None


def _is_deeper(structure: bytes, limit: int) -> bool:
    depth = 0
    for bracket in structure.translate(None, _NO_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        if depth > limit or depth < 0:  # Below zero it is invalid JSON, which the parser reports.
            break
    return depth > limit
