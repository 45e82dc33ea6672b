"""JSON text: checks before parsing."""

from typing import Final

DEPTH: Final = 100
"""Most levels of lists and objects in a text from outside. Parsers fail from 200 levels on, each in its own way."""

_NO_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))


def outside_strings(text: bytes | bytearray) -> bytes:
    """Return the text without its strings. The result is undefined for invalid JSON, which the parser reports."""
    return b"".join(unescaped(text).split(b'"')[::2])


def unescaped(text: bytes | bytearray) -> bytes:
    """Return the text without escaped quotes, so that each quote in it starts or ends a string."""
    return bytes(text).replace(rb"\\", b"").replace(rb"\"", b"")


def has_more_values(text: bytes | bytearray, limit: int) -> bool:
    """Return True when the text holds more than `limit` strings and entries of lists and objects."""
    if len(text) <= 2 * limit:  # Each takes two bytes at least.
        return False
    plain = unescaped(text)
    values = plain.count(b'"') // 2
    return values > limit or values + sum(map(b"".join(plain.split(b'"')[::2]).count, (b",", b"[", b"{"))) > limit


def is_too_deep(text: bytes | bytearray, limit: int = DEPTH) -> bool:
    """Return True when lists and objects are nested deeper than `limit`; brackets in strings do not count."""
    if text.count(b"[") + text.count(b"{") <= limit:
        return False
    depth = 0
    for bracket in outside_strings(text).translate(None, _NO_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        if depth > limit or depth < 0:  # Below zero it is invalid JSON.
            break
    return depth > limit
