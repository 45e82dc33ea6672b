"""Redaction: what is taken out of a text before an operator sees it."""

import re
from typing import Final

import msgspec

_USERINFO: Final = re.compile(r"(?<=://)[^/?#\s]*@")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,79}")
_KEY_PREFIXES: Final = ("sk-", "AIza")
_SHORTEST_RANDOM: Final = 16
"""Characters. Names of errors hold no longer run of letters and digits mixed; keys do."""


def mask_userinfo(text: str) -> str:
    """Replace the user and password of each address in `text` by stars: `https://***@host/path`."""
    return _USERINFO.sub("***@", text) if "@" in text else text


class MaskedStruct(msgspec.Struct, frozen=True):
    """Struct whose `repr` masks the user and password of each address in its fields, and in the fields of those."""

    def __repr__(self) -> str:
        return mask_userinfo(super().__repr__())


def is_error_name(text: str) -> bool:
    """True for a text of an upstream that is a name such as `invalid_api_key`; False for words, and for keys."""
    if not _NAME.fullmatch(text) or text.startswith(_KEY_PREFIXES):
        return False
    return all(len(run) < _SHORTEST_RANDOM or run.isalpha() for run in re.split(r"[_.-]", text))
