"""How many values a request may hold, and how deep: what takes long to read is not a long text, but very many short
things."""

from typing import Final

from app.domain.errors import InvalidInputError
from app.domain.json_text import DEPTH, is_too_deep, unescaped
from app.domain.language import _

VALUES: Final = 10_000
"""Texts, and entries of lists and objects. So many are ChatKit's models, or what is wrong with them, in some 8 ms."""


def check_json(body: bytes | bytearray) -> None:
    """Raises `InvalidInputError` for a body of more than `VALUES`, or more than `DEPTH` levels; what is inside a text
    does not count."""
    if len(body) > 2 * VALUES:  # Each takes two bytes at least.
        plain = unescaped(body)
        texts = plain.count(b'"') // 2
        values = texts if texts > VALUES else texts + _entries(b"".join(plain.split(b'"')[::2]))
        if values > VALUES:
            raise InvalidInputError(_("The request holds too many values: at most {limit} are read.", limit=VALUES))
    if is_too_deep(body):
        raise InvalidInputError(_("The request is nested too deep: at most {limit} levels are read.", limit=DEPTH))


def _entries(outside: bytes) -> int:
    return sum(map(outside.count, (b",", b"[", b"{")))
