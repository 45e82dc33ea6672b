"""What a setting's value has to look like beyond its type. Each check says yes or no; `expects` says it in words."""

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
    """No line break, no tab, nothing else that a terminal would obey."""
    return text.isprintable()


def word(text: str) -> bool:
    """One word: printable, without a space."""
    return text.isprintable() and not any(map(str.isspace, text))


def words(text: str) -> bool:
    """Words between commas, one at least."""
    parts = [part.strip() for part in text.split(",")]
    return any(parts) and all(map(word, parts))


def key(text: str) -> bool:
    """One word that a header can carry: ASCII."""
    return text.isascii() and word(text)


def host(text: str) -> bool:
    """A name or a number that a machine is known under, without a port; an IPv6 address without brackets."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return _NAME.fullmatch(text) is not None and not _NUMBERS.fullmatch(text)
    return True


def http_url(text: str) -> bool:
    """An address with a host, and a port that exists if any; nothing behind a #, which is never sent."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    known = parts.scheme in {"http", "https"} and host(parts.hostname or "") and (port is None or port in _PORTS)
    return word(text) and known and not parts.netloc.endswith(":") and "#" not in text


def base_url(text: str) -> bool:
    """An address that a path can be put behind: without a query."""
    return http_url(text) and "?" not in text


def networks(text: str) -> bool:
    """Addresses and networks between commas, or `*` for all. A network has no bits behind its length."""
    parts = [part.strip() for part in text.split(",")]
    return parts == ["*"] or all(map(_network, parts))


def folder(path: Path) -> bool:
    """A folder, or a path where one could be made: what is there already of it are folders."""
    there = next((part for part in (path, *path.parents) if os.path.lexists(part)), None)
    return there is None or there.is_dir()


def one(values: Collection[object]) -> bool:
    """Exactly one value."""
    return len(values) == 1


def some(values: Collection[object]) -> bool:
    """One value at least."""
    return len(values) > 0


def matching(pattern: str) -> Callable[[str], bool]:
    """Texts of which all matches `pattern`: a `$` would let a line break pass."""
    compiled = re.compile(pattern)
    return lambda text: compiled.fullmatch(text) is not None


def _network(text: str) -> bool:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return True
