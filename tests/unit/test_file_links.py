"""Links that carry their own permission."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.application.attachments.signed_links import FileLinks, Purpose
from app.domain.errors import NotFoundError
from app.domain.identity import RequestContext
from app.environment import Secret

ANN = RequestContext(user_id="ann ☕", base_url="http://chat.example/")
KEY = Secret("k" * 32)


def token(url: str) -> str:
    return parse_qs(urlsplit(url).query)["token"][0]


@pytest.mark.parametrize("purpose", ["upload", "preview", "download"])
def test_a_link_says_what_it_allows(purpose: Purpose) -> None:
    links = FileLinks(KEY)
    url = links.url(purpose, "atc_1", 7, ANN)
    assert url.startswith("http://chat.example/api/attachments/atc_1/")
    grant = links.read(token(url), purpose, "atc_1")
    assert (grant.user_id, grant.attachment_id, grant.size) == ("ann ☕", "atc_1", 7)


def test_the_public_address_comes_before_that_of_the_request() -> None:
    links = FileLinks(KEY, public_url="https://chat.example.com/")
    assert links.url("preview", "atc_1", 0, ANN).startswith("https://chat.example.com/api/")


def test_a_link_ends() -> None:
    now = 1_000_000.0
    links = FileLinks(KEY, clock=lambda: now)
    made = token(links.url("upload", "atc_1", 7, ANN))
    now += 3599
    links.read(made, "upload", "atc_1")
    now += 3602
    with pytest.raises(NotFoundError):
        links.read(made, "upload", "atc_1")


def test_a_link_of_another_server_is_none() -> None:
    made = token(FileLinks(Secret("x" * 32)).url("preview", "atc_1", 0, ANN))
    with pytest.raises(NotFoundError):
        FileLinks(KEY).read(made, "preview", "atc_1")


@given(st.text(), st.integers(min_value=0), st.characters())
def test_nothing_but_the_link_itself_will_do(noise: str, place: int, character: str) -> None:
    links = FileLinks(KEY)
    made = token(links.url("preview", "atc_1", 0, ANN))
    at = place % len(made)
    changed = made[:at] + character + made[at + 1 :]
    for forged in {noise, changed} - {made}:
        with pytest.raises(NotFoundError):
            links.read(forged, "preview", "atc_1")
