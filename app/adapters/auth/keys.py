"""The keys that login tokens are checked with. Each source has algorithms of its own, and no two share one: a public
key can never be taken for a shared secret, and `none` belongs to nobody."""

import hmac
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Final, NamedTuple

import jwt

from app.environment import Secret

SYMMETRIC: Final = frozenset({"HS256"})
ASYMMETRIC: Final = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)


class Key(NamedTuple):
    """A key and its thumbprint, by which a session names the key that opened it."""

    thumbprint: str
    value: "jwt.PyJWK | bytes"


class KeySource(ABC):
    """Where keys come from; `algorithms` are those that its keys may be used with."""

    algorithms: ClassVar[frozenset[str]]

    @abstractmethod
    async def key(self, header: Mapping[str, Any]) -> Key | None:
        """The key for a token with this header, which is unproven; None when there is none.

        Raises `LoginUnavailableError` when keys cannot be had just now.
        """

    async def successor(self, header: Mapping[str, Any], key: Key) -> Key | None:
        """The key that took the place of `key`, which did not fit a signature; None when it is still the one."""
        return None

    @abstractmethod
    async def holds(self, thumbprint: str) -> bool:
        """True while the key is one of these. Raises `LoginUnavailableError` when that is not known just now."""

    async def check(self) -> None:  # noqa: B027  # a secret is there
        """Ask for the keys now. Raises `LoginUnavailableError`, whose detail says why."""

    async def aclose(self) -> None:  # noqa: B027  # a secret has nothing to let go of
        """Let go of everything."""


class SharedSecret(KeySource):
    """The secret that the login service signs with, and shares with us."""

    algorithms = SYMMETRIC

    def __init__(self, secret: Secret) -> None:
        value = secret.reveal().encode()
        # Sessions show it to their pages. A secret that nobody can guess cannot be found from it either.
        self._key = Key(hmac.digest(value, b"anyport login key v1", "sha256").hex()[:32], value)

    async def key(self, header: Mapping[str, Any]) -> Key:
        """The one there is."""
        return self._key

    async def holds(self, thumbprint: str) -> bool:
        """True for the one there is."""
        return hmac.compare_digest(thumbprint, self._key.thumbprint)
