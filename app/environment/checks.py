"""Checks of the values of settings; each returns True for a valid value. `expects` describes the same in words."""

import ipaddress
import os
import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

LONGEST_SECONDS: Final = 86_400.0
MOST_BYTES: Final = 10**12
MOST: Final = 10**12

_LABEL: Final = r"[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?"
_NAME: Final = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_NUMBERS: Final = re.compile(r"[0-9.]+")
_PORTS: Final = range(1, 65536)


def printable(text: str) -> bool:
    """Printable text: no line break, tab or other control character."""
    return text.isprintable()


def word(text: str) -> bool:
    """One word: printable, without a space."""
    return text.isprintable() and not any(map(str.isspace, text))


def words(text: str) -> bool:
    """Words separated by commas, at least one."""
    parts = [part.strip() for part in text.split(",")]
    return any(parts) and all(map(word, parts))


def key(text: str) -> bool:
    """One word in ASCII, which a header can carry."""
    return text.isascii() and word(text)


def host(text: str) -> bool:
    """A host name or IP address without a port; an IPv6 address has no brackets."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return _NAME.fullmatch(text) is not None and not _NUMBERS.fullmatch(text)
    return True


def http_url(text: str) -> bool:
    """An http(s) address with a host and an optional valid port, without a fragment."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    known = parts.scheme in {"http", "https"} and host(parts.hostname or "") and (port is None or port in _PORTS)
    return word(text) and known and not parts.netloc.endswith(":") and "#" not in text


def base_url(text: str) -> bool:
    """An http(s) address without a query, to which a path can be appended."""
    return http_url(text) and "?" not in text


def networks(text: str) -> bool:
    """IP addresses and networks separated by commas, or `*`. A network has no host bits."""
    parts = [part.strip() for part in text.split(",")]
    return parts == ["*"] or all(map(_network, parts))


def folder(path: Path) -> bool:
    """A folder, or a path where a folder could be created."""
    there = next((part for part in (path, *path.parents) if os.path.lexists(part)), None)
    return there is None or there.is_dir()


def one(values: Collection[object]) -> bool:
    """Exactly one value."""
    return len(values) == 1


def some(values: Collection[object]) -> bool:
    """At least one value."""
    return len(values) > 0


def matching(pattern: str) -> Callable[[str], bool]:
    """Build a check that the whole text matches `pattern`; a `$` would accept a final line break."""
    compiled = re.compile(pattern)
    return lambda text: compiled.fullmatch(text) is not None


def _network(text: str) -> bool:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return True
