"""Claims: what a verified token says of its user, as bounded data without secrets."""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec

from app.domain.json_text import excess

MOST_BYTES: Final = 4_000
"""Bytes of JSON of all claims: a session carries them in a header, and proxies accept headers of some 8 KB."""

MOST_VALUES: Final = 1_000

_SECRETS: Final = (
    *("token", "secret", "password", "passwd", "passphrase", "credential", "jwt"),
    *("apikey", "api_key", "api-key", "privatekey", "private_key", "accesskey", "access_key"),
)
"""Words at the end of the name of a secret, in lower case."""

_SECRET_NAME: Final = re.compile(rf"({'|'.join(_SECRETS)})s?$", re.IGNORECASE)
_TOKEN: Final = re.compile(r"eyJ[\w-]*\.[\w-]*\.[\w.-]*")
_SUSPICIOUS: Final = (b"eyj", *(f'{word}{end}"'.encode() for word in _SECRETS for end in ("", "s")))
"""Signs of secrets in JSON in lower case: claims without one are not searched further."""

_UNENCODABLE: Final = (ValueError, TypeError, OverflowError, RecursionError)


class Claims(NamedTuple):
    """The claims that fit, and the number of those that are left out because they are too large."""

    kept: Mapping[str, Any]
    left_out: int = 0


def bounded(claims: Mapping[str, Any]) -> Claims:
    """Return the claims in the token's order, as far as they fit; tokens and passwords among them are removed.

    A claim is kept whole or left out.
    """
    encoded = _encoded(claims)
    if _fits(encoded, MOST_BYTES) and not _is_suspicious(encoded):
        return Claims(claims)
    kept: dict[str, Any] = {}
    left, left_out = MOST_BYTES, 0
    for name, value in claims.items():
        encoded = _encoded({name: value})
        if not _fits(encoded, left):
            left_out += 1
        elif not _is_secret(name, value):
            kept[name] = _without_secrets(value)
            left -= len(encoded)
    return Claims(kept, left_out)


def _encoded(value: Any) -> bytes:
    """JSON of the value; empty for one that has none, such as a number of more than 64 bits."""
    try:
        return msgspec.json.encode(value)
    except _UNENCODABLE:
        return b""


def _fits(encoded: bytes, most: int) -> bool:
    return 0 < len(encoded) <= most and not excess(encoded, MOST_VALUES)


def _is_suspicious(encoded: bytes) -> bool:
    lowered = encoded.lower()
    return any(sign in lowered for sign in _SUSPICIOUS)


def _is_secret(name: str, value: Any) -> bool:
    return bool(_SECRET_NAME.search(name)) or (isinstance(value, str) and bool(_TOKEN.fullmatch(value)))


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_secrets(each) for name, each in value.items() if not _is_secret(name, each)}
    if isinstance(value, list):
        return [_without_secrets(each) for each in value if not _is_secret("", each)]
    return value
