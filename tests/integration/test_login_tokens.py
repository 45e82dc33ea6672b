"""Login tokens: claims, algorithms, and keys that are added, removed or unreachable."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.adapters.auth import open_authentication
from app.adapters.auth.jwks import MAX_BYTES, KeySet
from app.adapters.auth.login_token import ExpectedClaims, LoginTokens
from app.adapters.auth.session import SessionTokens, session_key
from app.domain.errors import LoginUnavailableError, UnauthenticatedError
from app.environment import SigningSecret
from app.ports.authenticator import Authenticator, Credentials
from app.settings.auth import LoginSettings
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

EXPECTED = ExpectedClaims(issuer=ISSUER, audience=AUDIENCE)


class Clock:
    """A clock that a test sets."""

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
    authenticator = open_authentication(settings).authenticator
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
    assert await user_of(open_authentication(settings).authenticator, secret_token(uid=7, sub=3)) == "7"


async def test_a_token_for_somebody_else_is_refused_where_no_audience_is_set() -> None:
    authenticator = open_authentication(LoginSettings(jwt_secret=SigningSecret(SECRET))).authenticator
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


@pytest.mark.parametrize("quiet", [61, 301, 3600, 86_400 * 7])
async def test_a_key_that_left_the_set_opens_nothing_after_a_quiet_spell(
    by_keys: Authenticator, service: LoginService, clock: Clock, quiet: float
) -> None:
    old = service.keys[0]
    await user_of(by_keys, old.token())
    service.keys = [SigningKey("new", "ES256")]
    clock.now += quiet
    await detail_of(by_keys, old.token())
    assert await user_of(by_keys, service.keys[0].token()) == "ann"


async def test_while_keys_are_in_use_nobody_waits_for_them_and_one_that_left_is_noticed(
    by_keys: Authenticator, service: LoginService, clock: Clock
) -> None:
    old, remaining = service.keys[:2]
    await user_of(by_keys, old.token())
    service.keys = [remaining]
    service.instead = Reply(
        steps=[Until(gate := asyncio.Event()), *json_reply(200, {"keys": [remaining.public]}).steps]
    )
    clock.now += 40
    assert await user_of(by_keys, remaining.token()) == "ann", "it is fetched anew beside the requests"
    gate.set()
    clock.now += 30  # What is here now was fetched half a minute ago, or is waited for.
    await detail_of(by_keys, old.token())
    assert await user_of(by_keys, remaining.token()) == "ann"


async def test_a_fresh_token_is_never_blamed_for_a_set_that_may_not_be_asked_for_yet(
    by_keys: Authenticator, service: LoginService, clock: Clock
) -> None:
    await user_of(by_keys, service.keys[0].token())
    new = SigningKey("new", "ES256")
    service.keys = [new]
    clock.now += 1
    with pytest.raises(LoginUnavailableError) as refused:
        await user_of(by_keys, new.token())
    assert refused.value.retry_after == 4
    clock.now += refused.value.retry_after
    assert await user_of(by_keys, new.token()) == "ann"


async def test_nor_for_a_fetch_that_is_under_way(by_keys: Authenticator, service: LoginService, clock: Clock) -> None:
    await user_of(by_keys, service.keys[0].token())
    before, new = service.keys[0], SigningKey("new", "ES256")
    gate = asyncio.Event()
    service.instead = Reply(steps=[Until(gate), *json_reply(200, {"keys": [before.public, new.public]}).steps])
    clock.now += 40
    await user_of(by_keys, before.token())
    waiting = asyncio.create_task(user_of(by_keys, new.token()))
    asyncio.get_running_loop().call_later(0.05, gate.set)
    assert await waiting == "ann"
    assert service.asked == 2


async def test_another_key_under_the_same_name_takes_over(
    by_keys: Authenticator, service: LoginService, clock: Clock
) -> None:
    old, new = service.keys[0], SigningKey(service.keys[0].kid, "ES256")
    await user_of(by_keys, old.token())
    service.keys = [new]
    clock.now += 6
    assert await user_of(by_keys, new.token()) == "ann"
    await detail_of(by_keys, old.token())


async def test_invented_keys_are_no_load_on_the_service(
    by_keys: Authenticator, service: LoginService, clock: Clock
) -> None:
    await detail_of(by_keys, SigningKey("invented", "ES256").token())
    for number in range(30):
        with pytest.raises(LoginUnavailableError):
            await user_of(by_keys, SigningKey(f"invented-{number}", "ES256").token())
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
    "too much": Reply(steps=[b" " * (MAX_BYTES + 1)]),
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
        with pytest.raises(LoginUnavailableError):  # It may be a new one: its user need not log in again.
            await user_of(by_keys, SigningKey("unknown", "ES256").token())


async def test_but_not_for_longer_than_a_day(by_keys: Authenticator, service: LoginService, clock: Clock) -> None:
    token = service.keys[0].token(exp=int(time.time()) + 10 * 86_400)
    await user_of(by_keys, token)
    service.instead = BAD_ANSWERS["away"]
    clock.now += 86_500
    with pytest.raises(LoginUnavailableError):
        await user_of(by_keys, token)


async def test_after_an_outage_a_key_that_left_meanwhile_opens_nothing(
    by_keys: Authenticator, service: LoginService, clock: Clock
) -> None:
    old = service.keys[0]
    await user_of(by_keys, old.token())
    service.instead = BAD_ANSWERS["away"]
    clock.now += 600
    assert await user_of(by_keys, old.token()) == "ann"
    service.instead, service.keys = None, [SigningKey("new", "ES256")]
    clock.now += 31
    await detail_of(by_keys, old.token())


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


async def test_a_service_that_says_nothing_holds_up_one_request_and_no_more_whose_key_is_known(
    service: LoginService, clock: Clock
) -> None:
    by_keys = LoginTokens([(KeySet(service.url, clock=clock, timeout=0.2), EXPECTED)])
    token = service.keys[0].token()
    await user_of(by_keys, token)
    service.instead = Reply(steps=[Until(asyncio.Event())], framing="none")
    clock.now += 600
    for _ in range(20):
        assert await user_of(by_keys, token) == "ann"
        clock.now += 1
    await by_keys.aclose()


@pytest.fixture
def sessions(by_keys: Authenticator) -> SessionTokens:
    """Sessions beside the logins, as `open_authentication` puts them together."""
    return SessionTokens(session_key(None), lifetime=600, max_age=6000, logins=by_keys)


async def session_of(by_keys: Authenticator, sessions: SessionTokens, token: str) -> str:
    """A session for who comes in with this token."""
    login = await by_keys.authenticate(Credentials(headers={"authorization": f"Bearer {token}"}))
    assert login is not None
    return (await sessions.issue(login)).secret.reveal()


@pytest.mark.parametrize("quiet", [61, 3600])
async def test_the_sessions_of_a_key_end_with_it_and_those_of_another_do_not(
    by_keys: Authenticator, sessions: SessionTokens, service: LoginService, clock: Clock, quiet: float
) -> None:
    gone, remaining = service.keys[:2]
    of_gone = await session_of(by_keys, sessions, gone.token())
    session_of_remaining = await session_of(by_keys, sessions, remaining.token())
    service.keys = [remaining]
    clock.now += quiet
    await detail_of(sessions, of_gone)
    assert await user_of(sessions, session_of_remaining) == "ann"
    await detail_of(sessions, of_gone)


async def test_a_session_of_a_new_key_waits_for_a_replica_that_does_not_know_it_yet(
    by_keys: Authenticator, sessions: SessionTokens, service: LoginService, clock: Clock
) -> None:
    await user_of(by_keys, service.keys[0].token())
    service.keys = [SigningKey("new", "ES256")]
    clock.now += 1
    elsewhere = LoginTokens([(KeySet(service.url, clock=clock), EXPECTED)])
    session = await session_of(elsewhere, sessions, service.keys[0].token())
    with pytest.raises(LoginUnavailableError):
        await user_of(sessions, session)
    clock.now += 5
    assert await user_of(sessions, session) == "ann"
    await elsewhere.aclose()


async def test_sessions_outlive_an_outage_of_the_login_service(
    by_keys: Authenticator, sessions: SessionTokens, service: LoginService, clock: Clock
) -> None:
    session = await session_of(by_keys, sessions, service.keys[0].token())
    service.instead = BAD_ANSWERS["away"]
    clock.now += 600
    assert await user_of(sessions, session) == "ann"


async def test_a_login_ends_when_its_token_does(by_secret: Authenticator) -> None:
    now = int(time.time())
    for expires, ends in ((now + 5, now + 5), (now - 5, now + 25)):
        login = await by_secret.authenticate(Credentials(cookies={"auth_token": secret_token(exp=expires)}))
        assert login is not None
        assert login.until == ends, "one that is let in because clocks differ is let in as long as they may"


async def test_an_entry_that_cannot_be_read_does_not_cost_the_others(
    by_keys: Authenticator, service: LoginService
) -> None:
    odd: list[Any] = [{"kty": "XYZ", "kid": "odd"}, {"kty": "EC", "crv": "P-256", "x": "!", "y": "!"}, {}]
    service.instead = json_reply(200, {"keys": [*odd, service.keys[0].public]})
    assert await user_of(by_keys, service.keys[0].token()) == "ann"


async def test_better_auth_needs_its_address_alone(service: LoginService) -> None:
    authenticator = open_authentication(LoginSettings(better_auth_url=f"{service.base_url}/")).authenticator
    base = service.base_url
    assert await user_of(authenticator, service.keys[1].token(iss=base, aud=base)) == "ann"
    await detail_of(authenticator, service.keys[1].token())
    await authenticator.aclose()
