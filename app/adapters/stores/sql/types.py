"""Column types with the same behaviour on PostgreSQL and SQLite."""

import datetime as dt
import re
from typing import Any

from sqlalchemy import BigInteger, DateTime, Integer, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from app.domain.clock import clock

_UNSTORABLE = re.compile("[\x00\ud800-\udfff\ufdd0]")
_ESCAPED = re.compile("\ufdd0(.)")
_PLANE = 0x100000

Sequence = BigInteger().with_variant(Integer(), "sqlite")
"""An autoincremented number; on SQLite only INTEGER is one."""


class AnyText(TypeDecorator[str]):
    """Text with every character Python knows, compared and ordered by code point.

    PostgreSQL refuses NUL, and no database takes a lone surrogate: both are written as the noncharacter U+FDD0
    and a private character, and so is U+FDD0 itself. Under collation "C" an index outlives an upgrade of libc.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return Text(collation="C" if dialect.name == "postgresql" else None)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else _UNSTORABLE.sub(_escape, value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else _ESCAPED.sub(_unescape, value)


class UtcDateTime(TypeDecorator[dt.datetime]):
    """A point in time: accepts any offset, reads a naive one as local time, and returns UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        return None if value is None else clock.in_utc(value)

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        # SQLite stores no offset.
        return None if value is None else value.replace(tzinfo=dt.UTC)


def _escape(match: re.Match[str]) -> str:
    return "\ufdd0" + chr(_PLANE + ord(match[0]))


def _unescape(match: re.Match[str]) -> str:
    return chr(ord(match[1]) - _PLANE)
