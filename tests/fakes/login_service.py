"""A login service: signs tokens, and shows its public keys over HTTP as long as it is there."""

import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import get_default_algorithms

from tests.fakes.upstream import Reply, Upstream, json_reply

ISSUER = "https://login.example.com"
AUDIENCE = "https://chat.example.com"


class SigningKey:
    """A key pair with a name."""

    def __init__(self, kid: str, algorithm: str) -> None:
        self.kid, self.algorithm = kid, algorithm
        self.private = _new_key(algorithm)

    @property
    def public(self) -> dict[str, Any]:
        """As it stands in the key set."""
        entry = get_default_algorithms()[self.algorithm].to_jwk(self.private.public_key(), as_dict=True)
        return {**entry, "kid": self.kid, "alg": self.algorithm, "use": "sig"}

    def token(self, headers: dict[str, Any] | None = None, **claims: Any) -> str:
        """A token that says so; without `exp` it is good for an hour."""
        return jwt.encode(
            claims_of(**claims), self.private, algorithm=self.algorithm, headers={"kid": self.kid, **(headers or {})}
        )


def claims_of(**claims: Any) -> dict[str, Any]:
    """Good claims, changed by `claims`; None takes one away."""
    given = {"sub": "ann", "iss": ISSUER, "aud": AUDIENCE, "exp": int(time.time()) + 3600, **claims}
    return {name: value for name, value in given.items() if value is not None}


class LoginService:
    """Its keys at `url`; `is_away` makes it answer 503."""

    def __init__(self, upstream: Upstream, keys: Sequence[SigningKey]) -> None:
        self.keys = list(keys)
        self.is_away = False
        self.asked = 0
        self.reply: Reply | None = None
        self.url = f"{upstream.url}/api/auth/jwks"
        self.base_url = upstream.url

    def answer(self) -> Reply:
        """What it says now."""
        self.asked += 1
        if self.is_away:
            return json_reply(503, {"error": "away"})
        return self.reply or Reply(
            steps=[json.dumps({"keys": [key.public for key in self.keys]}).encode()],
            headers={"content-type": "application/json"},
        )


def _new_key(algorithm: str) -> Any:
    match algorithm[:2]:
        case "ES":
            return ec.generate_private_key(ec.SECP256R1())
        case "Ed":
            return ed25519.Ed25519PrivateKey.generate()
        case _:
            return rsa.generate_private_key(public_exponent=65537, key_size=2048)
