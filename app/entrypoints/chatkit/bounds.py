"""How many values a request may hold: what takes long to read is not a long text, but very many short things."""

from typing import Final

from app.domain.errors import InvalidInputError

VALUES: Final = 10_000
"""Texts, and entries of lists and objects. So many are ChatKit's models, or what is wrong with them, in some 8 ms."""


def check_values(body: bytes | bytearray) -> None:
    """Raises `InvalidInputError` for a body of more than `VALUES`; what is inside a text does not count."""
    if len(body) <= 2 * VALUES:  # Each takes two bytes at least.
        return
    unescaped = bytes(body).replace(rb"\\", b"").replace(rb"\"", b"")
    texts = unescaped.count(b'"') // 2
    values = texts if texts > VALUES else texts + _entries(b"".join(unescaped.split(b'"')[::2]))
    if values > VALUES:
        raise InvalidInputError(f"The request holds too many values: at most {VALUES} are read.")


def _entries(outside: bytes) -> int:
    return sum(map(outside.count, (b",", b"[", b"{")))
