"""Key sets: keys that are added, removed or replaced."""

import asyncio
from typing import Any

import jwt
import pytest

from app.adapters.auth import open_authentication
from app.domain.errors import LoginUnavailableError
from app.ports.authenticator import Authenticator
from app.settings.auth import LoginSettings
from tests.fakes.login_service import (
    LoginService,
    SigningKey,
    claims_of,
)
from tests.fakes.upstream import Reply, Until, json_reply
from tests.integration.logins.support import Clock, detail_of, user_of


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


async def test_keys_in_use_are_fetched_in_the_background_and_a_removed_one_is_noticed(
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


async def test_a_fresh_token_waits_for_a_fetch_that_is_under_way(
    by_keys: Authenticator, service: LoginService, clock: Clock
) -> None:
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
