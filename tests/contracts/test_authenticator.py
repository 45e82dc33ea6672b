"""What every authenticator keeps to, whatever it reads."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

import msgspec
import pytest

from app.adapters.auth import open_authentication
from app.adapters.auth.claims import MOST_BYTES
from app.adapters.auth.session import SessionTokens, session_key
from app.adapters.auth.single_user import LOCAL_USER
from app.domain.errors import UnauthenticatedError
from app.environment import SigningSecret
from app.ports.authenticator import Authenticator, Credentials, Login
from app.settings.auth import LoginSettings
from tests.fakes.login_service import AUDIENCE, ISSUER, SECRET, SigningKey, login_service, secret_token

LONG = "u" * 255


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """An authenticator and a user that it knows; `proofs` are all credentials of that user.

    `claims` are what each of the proofs says; empty where there is no token of a login.
    """

    authenticator: Authenticator
    user: str
    proofs: Sequence[Credentials]
    forged: Sequence[Credentials] = ()
    claims: Mapping[str, Any] = {}


CLAIMS: dict[str, Any] = {"role": "editor", "org": {"id": 7, "plans": ["gold", None]}, "name": "Ann Ä"}


def bearer(token: str) -> Credentials:
    """A token in its header."""
    return Credentials(headers={"authorization": f"Bearer {token}"})


def cookie(token: str) -> Credentials:
    """A token in its cookie."""
    return Credentials(cookies={"auth_token": token})


async def single_user() -> AsyncIterator[Subject]:
    """Single user: there is no login."""
    yield Subject(
        authenticator=open_authentication(LoginSettings()).authenticator, user=LOCAL_USER, proofs=[Credentials()]
    )


async def shared_secret() -> AsyncIterator[Subject]:
    """Tokens signed with a secret."""
    authentication = open_authentication(
        LoginSettings(jwt_secret=SigningSecret(SECRET), issuer=ISSUER, audience=AUDIENCE)
    )
    token = secret_token(**CLAIMS)
    yield Subject(
        authenticator=authentication.authenticator,
        user="ann",
        proofs=[bearer(token), cookie(token), Credentials(headers={"authorization": f"bearer  {token}"})],
        forged=[bearer(secret_token(key="another secret that nobody knows of")), cookie("nonsense"), bearer("a.b.c")],
        claims=CLAIMS,
    )
    await authentication.authenticator.aclose()


async def key_set() -> AsyncIterator[Subject]:
    """Tokens signed with a private key."""
    key, unknown_key = SigningKey("one", "ES256"), SigningKey("one", "ES256")
    async with login_service(key) as service:
        authentication = open_authentication(LoginSettings(jwks_url=service.url, issuer=ISSUER, audience=AUDIENCE))
        yield Subject(
            authenticator=authentication.authenticator,
            user="ann",
            proofs=[bearer(key.token(**CLAIMS)), cookie(key.token(**CLAIMS))],
            forged=[bearer(unknown_key.token()), bearer(secret_token())],
            claims=CLAIMS,
        )
        await authentication.authenticator.aclose()


async def session() -> AsyncIterator[Subject]:
    """Tokens of our own."""
    tokens = SessionTokens(session_key(SigningSecret(SECRET)), lifetime=600, max_age=6000)
    others = SessionTokens(session_key(None), lifetime=600, max_age=6000)

    async def made(by: SessionTokens) -> Credentials:
        return bearer((await by.issue(Login(user_id="ann", claims=CLAIMS))).secret.reveal())

    yield Subject(
        authenticator=tokens, user="ann", proofs=[await made(tokens)], forged=[await made(others)], claims=CLAIMS
    )


async def chain() -> AsyncIterator[Subject]:
    """A session before a login."""
    authentication = open_authentication(LoginSettings(jwt_secret=SigningSecret(SECRET), audience=AUDIENCE))
    proof = bearer(secret_token(**CLAIMS))
    login = await authentication.authenticator.authenticate(proof)
    assert login is not None
    token = (await authentication.sessions.issue(login)).secret.reveal()
    yield Subject(
        authenticator=authentication.authenticator,
        user="ann",
        proofs=[bearer(token), proof, cookie(secret_token(**CLAIMS))],
        forged=[cookie(token), bearer(token[:-4])],
        claims=CLAIMS,
    )


KINDS: Sequence[Callable[[], AsyncIterator[Subject]]] = (single_user, shared_secret, key_set, session, chain)


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    """Each authenticator in turn."""
    async for subject in request.param():
        yield subject


async def test_it_knows_its_user_however_they_prove_it(subject: Subject) -> None:
    for proof in subject.proofs:
        login = await subject.authenticator.authenticate(proof)
        assert login is not None
        assert login.user_id == subject.user


async def test_a_login_has_the_claims_of_its_token_and_none_without(subject: Subject) -> None:
    for proof in subject.proofs:
        login = await subject.authenticator.authenticate(proof)
        assert login is not None
        assert {name: login.claims[name] for name in subject.claims} == subject.claims
        assert bool(login.claims) == bool(subject.claims)
        assert len(msgspec.json.encode(login.claims)) <= MOST_BYTES
        text = f"{login!r} {login.claims}"
        assert "editor" not in repr(login)
        assert not any(token and token in text for token in [*proof.cookies.values(), proof.bearer])


async def test_what_a_browser_sends_by_itself_is_ambient(subject: Subject) -> None:
    for proof in subject.proofs:
        login = await subject.authenticator.authenticate(proof)
        assert login is not None
        assert login.ambient == (not proof.bearer)


async def test_what_is_forged_is_refused_with_a_word_for_the_user_and_none_of_the_token(subject: Subject) -> None:
    for forged in subject.forged:
        with pytest.raises(UnauthenticatedError) as refused:
            await subject.authenticator.authenticate(forged)
        text_of_error = f"{refused.value.message} {refused.value.detail}"
        assert refused.value.message
        assert not any(text and text in text_of_error for text in [*forged.cookies.values(), forged.bearer])


NOT_OURS: Sequence[dict[str, Any]] = (
    {},
    {"headers": {"authorization": ""}},
    {"headers": {"authorization": "Basic YW5uOnNlY3JldA=="}},
    {"headers": {"authorization": "Bearer"}},
    {"cookies": {"session": "x"}},
    {"cookies": {"auth_token": ""}},
)


@pytest.mark.parametrize("sent", NOT_OURS, ids=str)
async def test_without_a_login_credentials_change_nothing(subject: Subject, sent: dict[str, Any]) -> None:
    """The same answer as to a request with no credentials at all."""
    expected = await subject.authenticator.authenticate(Credentials())
    assert await subject.authenticator.authenticate(Credentials(**sent)) == expected


async def test_closing_twice_does_no_harm(subject: Subject) -> None:
    await subject.authenticator.aclose()
    await subject.authenticator.aclose()
