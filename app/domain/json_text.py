"""What can be said of a JSON text before it is read."""

from typing import Final

DEPTH: Final = 100
"""Levels of lists and objects that a text from outside may have. Readers give up, each in its own way, from 200 on."""

_NO_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))


def outside_strings(text: bytes | bytearray) -> bytes:
    """The text without its strings. What is no JSON comes out as something, and is left to its reader."""
    return b"".join(unescaped(text).split(b'"')[::2])


def unescaped(text: bytes | bytearray) -> bytes:
    """The text without escaped quotes, so that each quote in it begins or ends a string."""
    return bytes(text).replace(rb"\\", b"").replace(rb"\"", b"")


def is_too_deep(text: bytes | bytearray, limit: int = DEPTH) -> bool:
    """True when lists and objects are nested more than `limit` levels deep; brackets inside strings do not count."""
    if text.count(b"[") + text.count(b"{") <= limit:
        return False
    depth = 0
    for bracket in outside_strings(text).translate(None, _NO_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        if depth > limit or depth < 0:  # Below zero it is no JSON, and need not be looked at to its end.
            break
    return depth > limit
