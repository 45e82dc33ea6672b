"""Addresses of the web as browsers name them: origins and hosts."""

import ipaddress
import re
from typing import ClassVar, Final, Self
from urllib.parse import urlsplit

_ORIGIN: Final = re.compile(r"https?://(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:\d{1,5})?")
_HOST: Final = re.compile(r"\*|(\*\.)?[a-z0-9_.-]+|[0-9a-f:.]+")


class _Words(tuple[str, ...]):
    """Words between commas, in lower case, each once, each of one form."""

    __slots__ = ()
    form: ClassVar[re.Pattern[str]]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `a,b`. Raises `ValueError` for a word of another form."""
        words = [word.strip().lower() for word in text.split(",") if word.strip()]
        if wrong := [word for word in words if not cls.form.fullmatch(word)]:
            raise ValueError(wrong[0])
        return cls(dict.fromkeys(words))

    def __str__(self) -> str:
        return ",".join(self)


class Origins(_Words):
    """Origins of pages, `https://chat.example.com`: no path, no wildcard."""

    __slots__ = ()
    form = _ORIGIN


class Hosts(_Words):
    """Host names without ports; `*.example.com` stands for what is below, `*` for any."""

    __slots__ = ()
    form = _HOST


def host_name(host: str) -> str:
    """The name in a `Host` header, without port and brackets; empty for one that is malformed."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def is_address(host: str) -> bool:
    """Whether it is a number and no name: nobody's name server can point it elsewhere."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
