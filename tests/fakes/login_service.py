"""Login service: signs tokens, and serves its public keys over HTTP."""

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import get_default_algorithms

from tests.fakes.upstream import Reply, Upstream, json_reply

ISSUER = "https://login.example.com"
AUDIENCE = "https://chat.example.com"
SECRET = "a secret of tests that is long enough"


class SigningKey:
    """Key pair with a key id."""

    def __init__(self, kid: str, algorithm: str) -> None:
        self.kid, self.algorithm = kid, algorithm
        self.private = _new_key(algorithm)

    @property
    def public(self) -> dict[str, Any]:
        """Public key, as in the key set."""
        entry = get_default_algorithms()[self.algorithm].to_jwk(self.private.public_key(), as_dict=True)
        return {**entry, "kid": self.kid, "alg": self.algorithm, "use": "sig"}

    def token(self, headers: dict[str, Any] | None = None, **claims: Any) -> str:
        """Return a token with these claims, valid for an hour without `exp`."""
        return jwt.encode(
            claims_of(**claims), self.private, algorithm=self.algorithm, headers={"kid": self.kid, **(headers or {})}
        )


def claims_of(**claims: Any) -> dict[str, Any]:
    """Return valid claims, changed by `claims`; None removes one."""
    given = {"sub": "ann", "iss": ISSUER, "aud": AUDIENCE, "exp": int(time.time()) + 3600, **claims}
    return {name: value for name, value in given.items() if value is not None}


def secret_token(*, key: str = SECRET, algorithm: str = "HS256", **claims: Any) -> str:
    """Return a token that is signed with a shared secret."""
    return jwt.encode(claims_of(**claims), key, algorithm=algorithm)


class LoginService:
    """Serves the public halves of `keys`, or `instead` when it is set."""

    def __init__(self, upstream: Upstream, *keys: SigningKey) -> None:
        self.keys = list(keys)
        self.instead: Reply | None = None
        self._upstream = upstream
        upstream.always(lambda _: self.instead or json_reply(200, {"keys": [key.public for key in self.keys]}))

    @property
    def base_url(self) -> str:
        """Base URL, as of Better Auth."""
        return self._upstream.url

    @property
    def url(self) -> str:
        """URL of the key set."""
        return f"{self.base_url}/api/auth/jwks"

    @property
    def asked(self) -> int:
        """Number of fetches of the key set."""
        return len(self._upstream.requests)


@asynccontextmanager
async def login_service(*keys: SigningKey) -> AsyncGenerator[LoginService, None]:
    """Run a service for the length of the block."""
    async with Upstream() as upstream:
        yield LoginService(upstream, *keys)


def _new_key(algorithm: str) -> Any:
    match algorithm[:2]:
        case "ES":
            return ec.generate_private_key(ec.SECP256R1())
        case "Ed":
            return ed25519.Ed25519PrivateKey.generate()
        case _:
            return rsa.generate_private_key(public_exponent=65537, key_size=2048)
