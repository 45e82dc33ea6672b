"""Which login tokens open the door: claims, algorithms, and keys that come, go and cannot be fetched."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.adapters.auth import open_doors
from app.adapters.auth.jwks import LARGEST, KeySet
from app.adapters.auth.login_token import Expected, LoginTokens
from app.domain.errors import LoginUnavailableError, UnauthenticatedError
from app.environment import SigningSecret
from app.ports.authenticator import Authenticator, Credentials
from app.settings.doors import LoginSettings
from tests.fakes.login_service import (
    AUDIENCE,
    ISSUER,
    SECRET,
    LoginService,
    SigningKey,
    claims_of,
    login_service,
    secret_token,
)
from tests.fakes.upstream import Reply, Until, json_reply

EXPECTED = Expected(issuer=ISSUER, audience=AUDIENCE)


class Clock:
    """Time that passes when it is told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


async def user_of(authenticator: Authenticator, token: str) -> str:
    """Who comes in with this token."""
    login = await authenticator.authenticate(Credentials(headers={"authorization": f"Bearer {token}"}))
    assert login is not None
    return login.user_id


async def detail_of(authenticator: Authenticator, token: str) -> str:
    """Why this token does not open, as the log has it."""
    with pytest.raises(UnauthenticatedError) as refused:
        await user_of(authenticator, token)
    return refused.value.detail


@pytest.fixture
async def by_secret() -> AsyncIterator[Authenticator]:
    """Tokens signed with a secret, of one issuer, for one audience."""
    settings = LoginSettings(jwt_secret=SigningSecret(SECRET), issuer=ISSUER, audience=AUDIENCE)
    authenticator = open_doors(settings).authenticator
    yield authenticator
    await authenticator.aclose()


@pytest.fixture(scope="session")
def keys() -> list[SigningKey]:
    """One of each family."""
    return [SigningKey("ec", "ES256"), SigningKey("ed", "EdDSA"), SigningKey("rsa", "RS256")]


@pytest.fixture
async def service(keys: list[SigningKey]) -> AsyncIterator[LoginService]:
    """A login service with all these keys."""
    async with login_service(*keys) as service:
        yield service


@pytest.fixture
def clock() -> Clock:
    """The time of the key set."""
    return Clock()


@pytest.fixture
async def by_keys(service: LoginService, clock: Clock) -> AsyncIterator[Authenticator]:
    """Tokens of the service, by the test's clock."""
    authenticator = LoginTokens([(KeySet(service.url, clock=clock), EXPECTED)])
    yield authenticator
    await authenticator.aclose()


@pytest.mark.parametrize(
    ("claims", "word"),
    [
        ({"exp": int(time.time()) - 60}, "Expired"),
        ({"exp": None}, "exp"),
        ({"exp": "soon"}, "Decode"),
        ({"exp": float("inf")}, "Decode"),
        ({"nbf": int(time.time()) + 3600}, "Immature"),
        ({"iat": int(time.time()) + 3600}, "Immature"),
        ({"iss": "https://elsewhere.example.com"}, "AUTH_ISSUER"),
        ({"iss": None}, "iss"),
        ({"aud": "https://elsewhere.example.com"}, "AUTH_AUDIENCE"),
        ({"aud": None}, "aud"),
        ({"sub": None}, "AUTH_USER_CLAIM"),
        ({"sub": ""}, "AUTH_USER_CLAIM"),
        ({"sub": "u" * 256}, "AUTH_USER_CLAIM"),
        ({"sub": "a\x00b"}, "AUTH_USER_CLAIM"),
        ({"sub": "a\nb"}, "AUTH_USER_CLAIM"),
        ({"sub": "\ud800"}, "AUTH_USER_CLAIM"),
        ({"sub": ["ann"]}, "AUTH_USER_CLAIM"),
        ({"sub": True}, "AUTH_USER_CLAIM"),
    ],
    # Without the values: every process that collects has to find the same names, and some are times.
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
async def test_a_token_that_says_the_wrong_thing_is_refused(
    by_secret: Authenticator, claims: dict[str, Any], word: str
) -> None:
    assert word in await detail_of(by_secret, secret_token(**claims))


@pytest.mark.parametrize("user", ["ann", "u" * 255, "auth0|5f7c8ec7", "日本", "ann smith"])
async def test_user_ids_of_every_service_are_taken_as_they_are(by_secret: Authenticator, user: str) -> None:
    assert await user_of(by_secret, secret_token(sub=user)) == user


async def test_clocks_may_differ_a_little(by_secret: Authenticator) -> None:
    now = int(time.time())
    assert await user_of(by_secret, secret_token(exp=now - 5, nbf=now + 5)) == "ann"


async def test_another_claim_may_name_the_user() -> None:
    settings = LoginSettings(jwt_secret=SigningSecret(SECRET), audience=AUDIENCE, user_claim="uid")
    assert await user_of(open_doors(settings).authenticator, secret_token(uid=7, sub=3)) == "7"


async def test_a_token_for_somebody_else_is_refused_where_no_audience_is_set() -> None:
    authenticator = open_doors(LoginSettings(jwt_secret=SigningSecret(SECRET))).authenticator
    assert await user_of(authenticator, secret_token(aud=None)) == "ann"
    assert "AUTH_AUDIENCE" in await detail_of(authenticator, secret_token())


async def test_a_bad_bearer_token_is_not_forgiven_for_a_good_cookie(by_secret: Authenticator) -> None:
    sent = Credentials(headers={"authorization": "Bearer nonsense"}, cookies={"auth_token": secret_token()})
    with pytest.raises(UnauthenticatedError):
        await by_secret.authenticate(sent)


def unsigned(header: dict[str, Any], **claims: Any) -> str:
    """A token without a signature."""
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims_of(**claims))]
    return (b".".join(parts) + b".").decode()


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", None, "HS256", "HS512", "RS256", 7, ["HS256"]])
async def test_a_token_that_nobody_signed_is_refused(
    by_secret: Authenticator, by_keys: Authenticator, algorithm: object
) -> None:
    for authenticator in (by_secret, by_keys):
        await detail_of(authenticator, unsigned({"alg": algorithm, "typ": "JWT", "kid": "rsa"}))


async def test_a_header_without_bottom_is_refused(by_secret: Authenticator) -> None:
    deep = base64.urlsafe_b64encode(b'{"alg":' + b"[" * 30_000).rstrip(b"=").decode()
    assert await detail_of(by_secret, f"{deep}.e30.x") == "DecodeError"


async def test_a_public_key_is_no_secret(by_keys: Authenticator, keys: list[SigningKey]) -> None:
    """Key confusion: HS256 with the text of a public key, which everybody knows, as the secret."""
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


async def test_every_family_of_keys_is_known_and_fetched_once(
    by_keys: Authenticator, service: LoginService, keys: list[SigningKey]
) -> None:
    await asyncio.gather(*(user_of(by_keys, key.token(sub=key.kid)) for key in keys * 20))
    assert service.asked == 1


async def test_a_key_without_a_name_is_found_if_it_is_the_only_one(
    by_keys: Authenticator, keys: list[SigningKey]
) -> None:
    token = jwt.encode(claims_of(), keys[0].private, algorithm="ES256")
    assert await user_of(by_keys, token) == "ann"


async def test_a_new_key_is_fetched_when_a_token_names_it(
    by_keys: Authenticator, service: LoginService, clock: Clock
) -> None:
    await user_of(by_keys, service.keys[0].token())
    new = SigningKey("new", "ES256")
    service.keys = [new]
    clock.now += 6
    assert await user_of(by_keys, new.token()) == "ann"
    assert service.asked == 2


async def test_a_key_that_was_taken_back_opens_no_more(
    by_keys: Authenticator, service: LoginService, clock: Clock
) -> None:
    old = service.keys[0]
    await user_of(by_keys, old.token())
    service.keys = [SigningKey("new", "ES256")]
    clock.now += 301
    await user_of(by_keys, old.token())  # Nobody waits for the refresh …
    await user_of(by_keys, service.keys[0].token())  # … unless they need it.
    await detail_of(by_keys, old.token())


async def test_invented_keys_are_no_load_on_the_service(
    by_keys: Authenticator, service: LoginService, clock: Clock
) -> None:
    for number in range(30):
        await detail_of(by_keys, SigningKey(f"invented-{number}", "ES256").token())
    assert service.asked == 1
    clock.now += 6
    await detail_of(by_keys, SigningKey("invented", "ES256").token())
    assert service.asked == 2


BAD_ANSWERS = {
    "away": json_reply(503, {}),
    "a page": Reply(steps=[b"<html>"], headers={"content-type": "text/html"}),
    "no keys": json_reply(200, {"keys": []}),
    "other JSON": json_reply(200, [1]),
    "elsewhere": Reply(status=302, headers={"location": "/other"}),
    "too much": Reply(steps=[b" " * (LARGEST + 1)]),
    "cut": Reply(steps=[b'{"keys":'], headers={"content-length": "9000"}, framing="close"),
}


@pytest.mark.parametrize("answer", BAD_ANSWERS.values(), ids=BAD_ANSWERS.keys())
async def test_keys_once_had_outlive_an_outage(
    by_keys: Authenticator, service: LoginService, clock: Clock, answer: Reply
) -> None:
    token = service.keys[0].token()
    await user_of(by_keys, token)
    service.instead = answer
    for _ in range(5):
        clock.now += 600
        assert await user_of(by_keys, token) == "ann"
        await detail_of(by_keys, SigningKey("unknown", "ES256").token())


@pytest.mark.parametrize("answer", BAD_ANSWERS.values(), ids=BAD_ANSWERS.keys())
async def test_without_any_keys_nobody_is_blamed_and_later_it_works(
    by_keys: Authenticator, service: LoginService, clock: Clock, answer: Reply
) -> None:
    token = service.keys[0].token()
    service.instead = answer
    with pytest.raises(LoginUnavailableError):
        await user_of(by_keys, token)
    service.instead = None
    clock.now += 6
    assert await user_of(by_keys, token) == "ann"


async def test_a_service_that_says_nothing_holds_up_nobody_whose_key_is_known(
    by_keys: Authenticator, service: LoginService, clock: Clock
) -> None:
    token = service.keys[0].token()
    await user_of(by_keys, token)
    service.instead = Reply(steps=[Until(asyncio.Event())], framing="none")
    clock.now += 600
    async with asyncio.timeout(2):
        assert await user_of(by_keys, token) == "ann"


async def test_an_entry_that_cannot_be_read_does_not_cost_the_others(
    by_keys: Authenticator, service: LoginService
) -> None:
    odd: list[Any] = [{"kty": "XYZ", "kid": "odd"}, {"kty": "EC", "crv": "P-256", "x": "!", "y": "!"}, {}]
    service.instead = json_reply(200, {"keys": [*odd, service.keys[0].public]})
    assert await user_of(by_keys, service.keys[0].token()) == "ann"


async def test_better_auth_needs_its_address_alone(service: LoginService) -> None:
    authenticator = open_doors(LoginSettings(better_auth_url=f"{service.base_url}/")).authenticator
    base = service.base_url
    assert await user_of(authenticator, service.keys[1].token(iss=base, aud=base)) == "ann"
    await detail_of(authenticator, service.keys[1].token())
    await authenticator.aclose()
