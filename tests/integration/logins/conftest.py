"""Authenticators by a secret and by a key set, and the login service with the keys."""

from collections.abc import AsyncIterator

import pytest

from app.adapters.auth import open_authentication
from app.adapters.auth.jwks import KeySet
from app.adapters.auth.login_token import LoginTokens
from app.environment import SigningSecret
from app.ports.authenticator import Authenticator
from app.settings.auth import LoginSettings
from tests.fakes.login_service import (
    AUDIENCE,
    ISSUER,
    SECRET,
    LoginService,
    SigningKey,
    login_service,
)
from tests.integration.logins.support import EXPECTED, Clock


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
