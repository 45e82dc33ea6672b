"""Context headers: the request headers that the assistant's code may read."""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final, Self

MOST_HEADERS: Final = 16
MOST_NAME_CHARACTERS: Final = 64
MOST_VALUE_CHARACTERS: Final = 2_000

_NAME: Final = re.compile(rf"[!#$%&'*+.^_`|~0-9a-z-]{{1,{MOST_NAME_CHARACTERS}}}")
"""The signs of RFC 9110, 5.6.2."""

_CONNECTION: Final = frozenset(
    {"connection", "content-length", "expect", "http2-settings", "keep-alive", "proxy-connection", "te", "trailer"}
    | {"transfer-encoding", "upgrade"}
)
"""Headers of one connection, which a proxy in between replaces (RFC 9110, 7.6.1)."""

_SECRET_WORD: Final = re.compile(
    r".*(tokens?|secrets?|passwords?|passwd|credentials?|apikey)|cookies?|cookie2|jwt|assertion|authori[sz]ation|"
    r"authenticat(e|ion)"
)
_SECRET_KEYS: Final = frozenset({"access", "api", "auth", "encryption", "private", "secret", "signing", "subscription"})
_SECRET_NAMES: Final = frozenset({"x-amzn-oidc-data"})


class ContextHeaders(tuple[str, ...]):
    """Names of headers in lower case, without duplicates."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse `X-Page,X-Tenant`. Raises `ValueError` for a text that is no name, and for an empty list."""
        names = [name.strip().lower() for name in text.split(",") if name.strip()]
        if not names or not all(map(_NAME.fullmatch, names)):
            raise ValueError("expected names of headers")
        return cls(dict.fromkeys(names))

    def __str__(self) -> str:
        return ",".join(self)


def header_problems(names: Iterable[str]) -> Iterator[str]:
    """Yield a sentence for each name that must not be listed, and for a list that is too long."""
    listed = list(names)
    if len(listed) > MOST_HEADERS:
        yield f"names {len(listed)} headers, and at most {MOST_HEADERS} are read: remove some"
    for name in listed:
        if name in _CONNECTION:
            yield f"{name} belongs to one connection and says nothing of the caller: remove it"
        elif _is_secret(name):
            yield (
                f"{name} carries a secret, which code of the assistant must not get: remove it. The context has what a "
                "login token says as claims, without the token"
            )


def _is_secret(name: str) -> bool:
    words = re.split(r"[^0-9a-z]+", name)
    return (
        name in _SECRET_NAMES
        or words[0] == "proxy"
        or words[-1] == "auth"
        or any(map(_SECRET_WORD.fullmatch, words))
        or any(word in _SECRET_KEYS and after in {"key", "keys"} for word, after in pairwise(words))
    )
