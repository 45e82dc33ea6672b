"""Outages of the login service: keys that were fetched stay in use for a day."""

import asyncio
import time

import pytest

from app.adapters.auth.jwks import KeySet
from app.adapters.auth.login_token import LoginTokens
from app.domain.errors import LoginUnavailableError
from app.ports.authenticator import Authenticator
from tests.fakes.login_service import (
    LoginService,
    SigningKey,
)
from tests.fakes.upstream import Reply, Until
from tests.integration.logins.support import BAD_ANSWERS, EXPECTED, Clock, detail_of, user_of


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


async def test_keys_of_an_outage_expire_after_a_day(
    by_keys: Authenticator, service: LoginService, clock: Clock
) -> None:
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
async def test_without_keys_the_service_is_unavailable_and_later_it_works(
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
