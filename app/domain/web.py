"""Web addresses: origins and host names, in the form that browsers send."""

import ipaddress
import re
from typing import ClassVar, Final, Self
from urllib.parse import urlsplit

_LABEL: Final = r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?"
_NAME: Final = rf"{_LABEL}(\.{_LABEL})*"
_ORIGIN: Final = re.compile(rf"https?://(\[[0-9a-f:.]+\]|{_NAME})(:\d{{1,5}})?")
_HOST: Final = re.compile(rf"\*|(\*\.)?{_NAME}|[0-9a-f.]*:[0-9a-f:.]+")
_HIGHEST_PORT: Final = 65535


class _Words(tuple[str, ...]):
    """Comma-separated words of one form, in lower case, without duplicates."""

    __slots__ = ()
    form: ClassVar[re.Pattern[str]]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse `a,b`. Raises `ValueError` for a malformed word, and for an empty list."""
        words = [word.strip().lower() for word in text.split(",") if word.strip()]
        wrong = [word for word in words if not (cls.form.fullmatch(word) and _can_be_reached(word))]
        if wrong or not words:
            raise ValueError("".join(wrong[:1]))
        return cls(dict.fromkeys(words))

    def __str__(self) -> str:
        return ",".join(self)


class Origins(_Words):
    """Origins of pages, `https://chat.example.com`: no path, no wildcard."""

    __slots__ = ()
    form = _ORIGIN


class Hosts(_Words):
    """Host names without ports; `*.example.com` matches subdomains, `*` any host."""

    __slots__ = ()
    form = _HOST


def _can_be_reached(word: str) -> bool:
    """Return False for an impossible port or numeric address."""
    try:
        parts = urlsplit(word if "//" in word else f"//[{word}]" if ":" in word else f"//{word}")
        name, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    numeric = name and not name.strip("0123456789.")
    return (port is None or 0 < port <= _HIGHEST_PORT) and (not numeric or is_address(name))


def host_name(host: str) -> str:
    """Return the name in a `Host` header, without port and brackets; empty when it is malformed."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def is_address(host: str) -> bool:
    """Return True for an IP address, which no name server can redirect."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
