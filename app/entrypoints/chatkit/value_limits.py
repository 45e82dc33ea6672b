"""Value limits: number and depth of the values in a request, because parse time grows with their number, not with
their length."""

from typing import Final

from app.domain.errors import InvalidInputError
from app.domain.json_text import DEPTH, is_too_deep, unescaped
from app.domain.language import _

VALUES: Final = 10_000
"""Texts, and entries of lists and objects. pydantic parses that many, or reports their errors, in some 8 ms."""


def check_json(body: bytes | bytearray) -> None:
    """Raises `InvalidInputError` for a body of more than `VALUES` values or `DEPTH` levels, not counting signs inside
    texts."""
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
