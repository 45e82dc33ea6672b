"""Signatures of login tokens: a key is used with its own algorithm alone."""

import base64
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.ports.authenticator import Authenticator
from tests.fakes.login_service import (
    SECRET,
    LoginService,
    SigningKey,
    claims_of,
    secret_token,
)
from tests.fakes.upstream import json_reply
from tests.integration.logins.support import detail_of


def unsigned(header: dict[str, Any], **claims: Any) -> str:
    """A token without a signature."""
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims_of(**claims))]
    return (b".".join(parts) + b".").decode()


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", None, "HS256", "HS512", "RS256", 7, ["HS256"]])
async def test_an_unsigned_token_is_refused(
    by_secret: Authenticator, by_keys: Authenticator, algorithm: object
) -> None:
    for authenticator in (by_secret, by_keys):
        await detail_of(authenticator, unsigned({"alg": algorithm, "typ": "JWT", "kid": "rsa"}))


async def test_a_header_without_bottom_is_refused(by_secret: Authenticator) -> None:
    deep = base64.urlsafe_b64encode(b'{"alg":' + b"[" * 30_000).rstrip(b"=").decode()
    assert await detail_of(by_secret, f"{deep}.e30.x") == "DecodeError"


async def test_a_public_key_is_no_secret(by_keys: Authenticator, keys: list[SigningKey]) -> None:
    """Key confusion: HS256 with the text of a public key, which is no secret, as the key."""
    rsa = keys[2].private.public_key()
    texts = [
        rsa.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        rsa.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        json.dumps(keys[2].public).encode(),
    ]
    head = {"alg": "HS256", "typ": "JWT", "kid": "rsa"}
    for text in texts:
        body = unsigned(head).rstrip(".").encode()
        signature = jwt.get_algorithm_by_name("HS256").sign(body, text)
        token = body + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")
        assert await detail_of(by_keys, token.decode()) == "InvalidKeyError"


async def test_a_secret_signs_with_one_algorithm_alone(by_secret: Authenticator) -> None:
    token = secret_token(key=SECRET * 2, algorithm="HS512")
    assert await detail_of(by_secret, token) == "InvalidKeyError"


async def test_a_symmetric_key_in_a_key_set_is_no_key(service: LoginService, by_keys: Authenticator) -> None:
    key = base64.urlsafe_b64encode(SECRET.encode()).rstrip(b"=").decode()
    entry = {"kty": "oct", "k": key, "kid": "shared", "alg": "HS256"}
    service.instead = json_reply(200, {"keys": [entry, *(key.public for key in service.keys)]})
    token = jwt.encode(claims_of(), SECRET, algorithm="HS256", headers={"kid": "shared"})
    await detail_of(by_keys, token)


async def test_a_key_is_used_with_its_own_algorithm_alone(by_keys: Authenticator, keys: list[SigningKey]) -> None:
    token = jwt.encode(claims_of(), keys[2].private, algorithm="PS256", headers={"kid": "rsa"})
    await detail_of(by_keys, token)
