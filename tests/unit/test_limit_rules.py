"""Which limits a server has: a matter of its login, never of the address that it listens on."""

import pytest

from app.environment import SigningSecret
from app.settings import ServerSettings, Settings
from app.settings.auth import AuthMode, LoginSettings
from app.settings.limits import LimitSettings
from app.wiring.auth import rules_for

ADDRESSES = ("127.0.0.1", "::1", "localhost", "0.0.0.0", "::", "192.0.2.1", "chat.example.com")  # noqa: S104
LOGINS = (
    LoginSettings(jwt_secret=SigningSecret("an-unguessable-secret-of-this-test-7f3d")),
    LoginSettings(jwks_url="https://login.example.com/jwks.json"),
    LoginSettings(better_auth_url="https://app.example.com"),
)
NO_LOGINS = (LoginSettings(), LoginSettings(mode=AuthMode.NONE))


@pytest.mark.parametrize("host", ADDRESSES)
def test_with_a_login_each_user_and_address_is_limited(host: str) -> None:
    for login in LOGINS:
        rules = rules_for(Settings(server=ServerSettings(host=host), login=login))
        assert rules.requests_per_minute > 0
        assert rules.requests_per_address > 0


@pytest.mark.parametrize("host", ADDRESSES)
def test_the_single_user_has_no_limit(host: str) -> None:
    for login in NO_LOGINS:
        rules = rules_for(Settings(server=ServerSettings(host=host), login=login))
        assert rules.requests_per_minute == rules.requests_per_address == 0


@pytest.mark.parametrize("login", [*LOGINS, *NO_LOGINS])
def test_what_the_operator_says_wins(login: LoginSettings) -> None:
    for number in (0, 7):
        wanted = LimitSettings(requests_per_minute=number, requests_per_address=number)
        rules = rules_for(Settings(limits=wanted, login=login))
        assert rules.requests_per_minute == rules.requests_per_address == number
