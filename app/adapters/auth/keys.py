"""Key sources: the keys that verify login tokens.

No two sources share an algorithm, so a public key can never serve as a shared secret; no source accepts `none`.
"""

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
    """A key and its thumbprint; a session stores the thumbprint of its login's key."""

    thumbprint: str
    value: "jwt.PyJWK | bytes"


class KeySource(ABC):
    """A source of keys; `algorithms` lists the algorithms that its keys may verify."""

    algorithms: ClassVar[frozenset[str]]

    @abstractmethod
    async def key(self, header: Mapping[str, Any]) -> Key | None:
        """Return the key for a token with this unverified header, or None if there is none.

        Raises `LoginUnavailableError` while the keys cannot be fetched.
        """

    async def successor(self, header: Mapping[str, Any], key: Key) -> Key | None:
        """Return the key that replaced `key` after a signature did not match, or None if `key` is still current."""
        return None

    @abstractmethod
    async def holds(self, thumbprint: str) -> bool:
        """True while the source has the key. Raises `LoginUnavailableError` while the keys cannot be fetched."""

    async def check(self) -> None:  # noqa: B027  # a secret needs no check
        """Fetch the keys now. Raises `LoginUnavailableError` with the reason as its detail."""

    async def aclose(self) -> None:  # noqa: B027  # a secret holds no resources
        """Release all resources. Idempotent."""


class SharedSecret(KeySource):
    """The secret that the login service and this server share."""

    algorithms = SYMMETRIC

    def __init__(self, secret: Secret) -> None:
        value = secret.reveal().encode()
        # Sessions show the thumbprint to their pages; a secret with enough entropy cannot be derived from it.
        self._key = Key(hmac.digest(value, b"anyport login key v1", "sha256").hex()[:32], value)

    async def key(self, header: Mapping[str, Any]) -> Key:
        """Return the shared secret."""
        return self._key

    async def holds(self, thumbprint: str) -> bool:
        """True for the shared secret's thumbprint."""
        return hmac.compare_digest(thumbprint, self._key.thumbprint)
