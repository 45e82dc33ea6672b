"""Claims of login tokens: those that are required, those that are allowed, and their limits."""

import time
from typing import Any

import pytest

from app.adapters.auth import open_authentication
from app.domain.errors import UnauthenticatedError
from app.environment import SigningSecret
from app.ports.authenticator import Authenticator, Credentials
from app.settings.auth import LoginSettings
from tests.fakes.login_service import (
    AUDIENCE,
    SECRET,
    secret_token,
)
from tests.integration.logins.support import detail_of, user_of


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


async def test_a_token_for_another_audience_is_refused_where_no_audience_is_set() -> None:
    authenticator = open_authentication(LoginSettings(jwt_secret=SigningSecret(SECRET))).authenticator
    assert await user_of(authenticator, secret_token(aud=None)) == "ann"
    assert "AUTH_AUDIENCE" in await detail_of(authenticator, secret_token())


async def test_a_bad_bearer_token_is_not_forgiven_for_a_good_cookie(by_secret: Authenticator) -> None:
    sent = Credentials(headers={"authorization": "Bearer nonsense"}, cookies={"auth_token": secret_token()})
    with pytest.raises(UnauthenticatedError):
        await by_secret.authenticate(sent)


async def test_a_login_ends_when_its_token_does(by_secret: Authenticator) -> None:
    now = int(time.time())
    for expires, ends in ((now + 5, now + 5), (now - 5, now + 25)):
        login = await by_secret.authenticate(Credentials(cookies={"auth_token": secret_token(exp=expires)}))
        assert login is not None
        assert login.until == ends, "one that is let in because clocks differ is let in as long as they may"
