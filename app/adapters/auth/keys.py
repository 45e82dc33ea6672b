"""The keys that login tokens are checked with. Each source has algorithms of its own, and no two share one: a public
key can never be taken for a shared secret, and `none` belongs to nobody."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Final

import jwt

from app.environment import Secret

SYMMETRIC: Final = frozenset({"HS256"})
ASYMMETRIC: Final = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)


class KeySource(ABC):
    """Where keys come from; `algorithms` are those that its keys may be used with."""

    algorithms: ClassVar[frozenset[str]]

    @abstractmethod
    async def key(self, header: Mapping[str, Any]) -> "jwt.PyJWK | bytes | None":
        """The key for a token with this header, which is unproven; None when there is none.

        Raises `LoginUnavailableError` when keys cannot be had just now.
        """

    async def aclose(self) -> None:  # noqa: B027  # a secret has nothing to let go of
        """Let go of everything."""


class SharedSecret(KeySource):
    """The secret that the login service signs with, and shares with us."""

    algorithms = SYMMETRIC

    def __init__(self, secret: Secret) -> None:
        self._secret = secret.reveal().encode()

    async def key(self, header: Mapping[str, Any]) -> bytes:
        """The one there is."""
        return self._secret
