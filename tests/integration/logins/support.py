"""Login tokens under test: a clock that a test sets, and the bad answers of a login service."""

import pytest

from app.adapters.auth.jwks import MAX_BYTES
from app.adapters.auth.login_token import ExpectedClaims
from app.domain.errors import UnauthenticatedError
from app.ports.authenticator import Authenticator, Credentials
from tests.fakes.login_service import (
    AUDIENCE,
    ISSUER,
)
from tests.fakes.upstream import Reply, json_reply

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


BAD_ANSWERS = {
    "away": json_reply(503, {}),
    "a page": Reply(steps=[b"<html>"], headers={"content-type": "text/html"}),
    "no keys": json_reply(200, {"keys": []}),
    "other JSON": json_reply(200, [1]),
    "elsewhere": Reply(status=302, headers={"location": "/other"}),
    "too much": Reply(steps=[b" " * (MAX_BYTES + 1)]),
    "cut": Reply(steps=[b'{"keys":'], headers={"content-length": "9000"}, framing="close"),
}
