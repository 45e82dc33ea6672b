"""Sessions: their lifetime, and their difference from logins."""

import time

import jwt
import pytest

from app.adapters.auth import open_authentication
from app.adapters.auth.session import SessionTokens, session_key
from app.domain.errors import NotEnabledError, UnauthenticatedError
from app.environment import SigningSecret
from app.ports.authenticator import Credentials, Login
from app.ports.session_issuer import Session
from app.settings.auth import LoginSettings

SECRET = SigningSecret("a secret of tests that is long enough")


class Clock:
    """A clock that a test sets."""

    now = time.time()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Clock of the sessions."""
    return Clock()


@pytest.fixture
def tokens(clock: Clock) -> SessionTokens:
    """Sessions of ten minutes, renewable for an hour."""
    return SessionTokens(session_key(SECRET), lifetime=600, max_age=3600, clock=clock)


def bearer(session: Session) -> Credentials:
    """Return the credentials of a page with a session."""
    return Credentials(headers={"authorization": f"Bearer {session.secret.reveal()}"})


async def test_a_session_opens_until_it_expires(tokens: SessionTokens, clock: Clock) -> None:
    session = await tokens.issue(Login(user_id="ann"))
    assert session.expires_in == 600
    clock.now += 599
    login = await tokens.authenticate(bearer(session))
    assert login is not None
    assert login.user_id == "ann"
    clock.now += 2
    with pytest.raises(UnauthenticatedError):
        await tokens.authenticate(bearer(session))


async def test_it_can_be_renewed_up_to_a_limit(tokens: SessionTokens, clock: Clock) -> None:
    login: Login | None = Login(user_id="ann")
    lengths = []
    for _ in range(7):
        assert login is not None
        session = await tokens.issue(login)
        lengths.append(session.expires_in)
        clock.now += session.expires_in - 30
        login = await tokens.authenticate(bearer(session))
    assert lengths[:6] == [600] * 6
    assert lengths[6] < 600
    clock.now += 31
    assert login is not None
    with pytest.raises(UnauthenticatedError):
        await tokens.issue(login)


async def test_replicas_with_the_same_secret_open_each_others(tokens: SessionTokens, clock: Clock) -> None:
    other = SessionTokens(session_key(SigningSecret(SECRET.reveal())), lifetime=600, max_age=3600, clock=clock)
    assert await other.authenticate(bearer(await tokens.issue(Login(user_id="ann"))))


async def test_a_renewed_session_keeps_the_claims_and_its_page_cannot_read_them(tokens: SessionTokens) -> None:
    login: Login | None = Login(user_id="ann", claims={"plan": "gold"})
    for _ in range(3):
        assert login is not None
        session = await tokens.issue(login)
        assert "gold" not in str(jwt.decode(session.secret.reveal(), options={"verify_signature": False}))
        login = await tokens.authenticate(bearer(session))
        assert login is not None
        assert login.claims == {"plan": "gold"}


async def test_a_session_never_shows_itself(tokens: SessionTokens) -> None:
    session = await tokens.issue(Login(user_id="ann"))
    assert session.secret.reveal() not in f"{session!r} {session}"


async def test_a_session_is_no_login_and_a_login_no_session() -> None:
    authentication = open_authentication(LoginSettings(jwt_secret=SECRET, session_secret=SECRET))
    session = await authentication.sessions.issue(Login(user_id="ann"))
    with pytest.raises(UnauthenticatedError):
        await authentication.authenticator.authenticate(Credentials(cookies={"auth_token": session.secret.reveal()}))
    claims = jwt.decode(session.secret.reveal(), options={"verify_signature": False})
    forged = jwt.encode(claims, SECRET.reveal(), algorithm="HS256", headers={"typ": "anyport-session+jwt"})
    with pytest.raises(UnauthenticatedError):
        await authentication.authenticator.authenticate(Credentials(headers={"authorization": f"Bearer {forged}"}))


async def test_without_a_secret_a_login_by_keys_has_no_sessions() -> None:
    authentication = open_authentication(LoginSettings(jwks_url="http://127.0.0.1:9/jwks"))
    with pytest.raises(NotEnabledError, match="SESSION_SECRET"):
        await authentication.sessions.issue(Login(user_id="ann"))
    await authentication.authenticator.aclose()
