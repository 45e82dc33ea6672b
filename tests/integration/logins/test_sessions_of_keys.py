"""Sessions end with the key of the login that opened them."""

import pytest

from app.adapters.auth.jwks import KeySet
from app.adapters.auth.login_token import LoginTokens
from app.adapters.auth.session import SessionTokens, session_key
from app.domain.errors import LoginUnavailableError
from app.ports.authenticator import Authenticator, Credentials
from tests.fakes.login_service import (
    LoginService,
    SigningKey,
)
from tests.integration.logins.support import BAD_ANSWERS, EXPECTED, Clock, detail_of, user_of


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
