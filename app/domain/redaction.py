"""Redaction: what is taken out of a text before an operator sees it."""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

_USERINFO: Final = re.compile(r"(?<=://)[^/?#\s]*@")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,79}")
_KEY_PREFIXES: Final = ("sk-", "AIza")
_SECRET_NAME: Final = re.compile(r"KEY|TOKEN|SECRET|PASS|CREDENTIAL|DSN|AUTH|PRIVATE", re.IGNORECASE)
_SHORTEST_SECRET: Final = 6
_RUN: Final = re.compile(r"[A-Za-z0-9_-]+")
_SHORTEST_RANDOM: Final = 16
"""Characters. Names of errors hold no longer run of letters and digits mixed; keys do."""


def mask_userinfo(text: str) -> str:
    """Replace the user and password of each address in `text` by stars: `https://***@host/path`."""
    return _USERINFO.sub("***@", text) if "@" in text else text


class MaskedStruct(msgspec.Struct, frozen=True):
    """Struct whose `repr` masks the user and password of each address in its fields, and in the fields of those."""

    def __repr__(self) -> str:
        return mask_userinfo(super().__repr__())


def mask_secrets(text: str, environ: Mapping[str, str]) -> str:
    """Replace by stars, in a text of foreign code: values of secret variables, keys, and passwords of addresses."""
    secrets = (value for name, value in environ.items() if len(value) >= _SHORTEST_SECRET and _SECRET_NAME.search(name))
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "***")
    return mask_userinfo(_RUN.sub(lambda run: "***" if _looks_random(run[0]) else run[0], text))


def _looks_random(run: str) -> bool:
    return run.startswith(_KEY_PREFIXES) or any(
        len(part) >= _SHORTEST_RANDOM and not part.isalpha() and not part.isdigit() for part in re.split(r"[_-]", run)
    )


def is_error_name(text: str) -> bool:
    """True for a text of an upstream that is a name such as `invalid_api_key`; False for words, and for keys."""
    if not _NAME.fullmatch(text) or text.startswith(_KEY_PREFIXES):
        return False
    return all(len(run) < _SHORTEST_RANDOM or run.isalpha() for run in re.split(r"[_.-]", text))
