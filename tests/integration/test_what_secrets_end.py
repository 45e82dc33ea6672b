"""What a change of each secret ends: the table of docs/security.md, row by row."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from app.adapters.auth import Authentication, open_authentication
from app.application.attachments.signed_links import FileLinks
from app.bootstrap import read_settings
from app.domain.errors import LoginUnavailableError, NotFoundError, UnauthenticatedError
from app.domain.identity import RequestContext
from app.ports.authenticator import Authenticator, Credentials
from app.wiring.attachments import AttachmentWiring
from tests.fakes.login_service import SECRET, SigningKey, login_service, secret_token

OTHER = "yet another secret of tests, long enough"
SESSION, SESSION_2 = "a secret of the sessions, long enough 1", "a secret of the sessions, long enough 2"
LINKS, LINKS_2 = "a secret of links to files, long enough 1", "a secret of links to files, long enough 2"
KEYS = "AUTH_JWKS_URL"


class Change(NamedTuple):
    """The settings before and after."""

    before: Mapping[str, str]
    after: Mapping[str, str]


CHANGES = {
    "`JWT_SECRET`": Change({"JWT_SECRET": SECRET}, {"JWT_SECRET": OTHER}),
    "`JWT_SECRET`, with `SESSION_SECRET` set": Change(
        {"JWT_SECRET": SECRET, "SESSION_SECRET": SESSION}, {"JWT_SECRET": OTHER, "SESSION_SECRET": SESSION}
    ),
    "`SESSION_SECRET`": Change(
        {"JWT_SECRET": SECRET, "SESSION_SECRET": SESSION}, {"JWT_SECRET": SECRET, "SESSION_SECRET": SESSION_2}
    ),
    "`SESSION_SECRET`, with `FILE_LINKS_SECRET` set": Change(
        {"JWT_SECRET": SECRET, "SESSION_SECRET": SESSION, "FILE_LINKS_SECRET": LINKS},
        {"JWT_SECRET": SECRET, "SESSION_SECRET": SESSION_2, "FILE_LINKS_SECRET": LINKS},
    ),
    "`FILE_LINKS_SECRET`": Change(
        {"JWT_SECRET": SECRET, "FILE_LINKS_SECRET": LINKS}, {"JWT_SECRET": SECRET, "FILE_LINKS_SECRET": LINKS_2}
    ),
    "a key that leaves the key set": Change(
        {KEYS: "one", "SESSION_SECRET": SESSION}, {KEYS: "another", "SESSION_SECRET": SESSION}
    ),
    "a login, set up where there was none": Change(
        {"SESSION_SECRET": SESSION}, {"JWT_SECRET": SECRET, "SESSION_SECRET": SESSION}
    ),
}


def table() -> dict[str, Sequence[str]]:
    """The rows of the docs: a change, and what becomes of tokens, sessions and links."""
    text = (Path(__file__).parents[2] / "docs" / "security.md").read_text()
    section = text.split("## What each secret ends")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:1] == "|"]
    return {row[0]: row[1:] for row in rows[2:]}


def test_the_table_has_these_rows() -> None:
    assert set(table()) == set(CHANGES)


@pytest.mark.parametrize("change", CHANGES)
async def test_a_change_ends_what_its_row_says(change: str) -> None:
    before, after = CHANGES[change]
    one, another = SigningKey("one", "ES256"), SigningKey("another", "ES256")
    async with login_service(one) as service:
        old, links = opened(before, service.url)
        token = one.token(aud=None) if KEYS in before else secret_token(aud=None)
        login = await old.authenticator.authenticate(bearer(token if old_has_login(before) else ""))
        assert login is not None
        session = (await old.sessions.issue(login)).secret.reveal()
        link = links.url("download", "atc_1", 1, RequestContext(user_id="ann")).partition("token=")[2]
        service.keys = [another] if after.get(KEYS) == "another" else [one]
        new, new_links = opened(after, service.url)
        found = [
            "stay" if old_has_login(before) and await opens(new.authenticator, token) else "end",
            "stay" if await opens(new.authenticator, session) else "end",
            "stay" if reads(new_links, link) else "end",
        ]
        for doors in (old, new):
            await doors.authenticator.aclose()
    said = [cell.split()[0].rstrip(",;") if cell else "end" for cell in table()[change]]
    assert said == found


def opened(variables: Mapping[str, str], keys: str) -> tuple[Authentication, FileLinks]:
    """What a server with these settings checks logins and links with."""
    given = {**variables, KEYS: keys} if KEYS in variables else variables
    settings = read_settings(given)
    return open_authentication(settings.login), AttachmentWiring().links(settings.attachments, settings)


def old_has_login(variables: Mapping[str, str]) -> bool:
    """False for a server of one local user."""
    return "JWT_SECRET" in variables or KEYS in variables


def bearer(token: str) -> Credentials:
    """As a page sends it."""
    return Credentials(headers={"authorization": f"Bearer {token}"} if token else {})


async def opens(authenticator: Authenticator, token: str) -> bool:
    """True when it is let in."""
    try:
        return await authenticator.authenticate(bearer(token)) is not None
    except (UnauthenticatedError, LoginUnavailableError):
        return False


def reads(links: FileLinks, token: str) -> bool:
    """True when the link opens its file."""
    try:
        return bool(links.read(token, "download", "atc_1"))
    except NotFoundError:
        return False
