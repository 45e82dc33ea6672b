"""Context headers: the names that may be listed, and what a request with any headers gives."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.datastructures import Headers

from app.domain.context_headers import (
    MOST_HEADERS,
    MOST_NAME_CHARACTERS,
    MOST_VALUE_CHARACTERS,
    ContextHeaders,
    header_problems,
)
from app.domain.errors import InvalidInputError
from app.entrypoints.http.context_headers import context_headers
from app.environment import SettingsError
from app.settings import load_settings
from tests.unit.test_settings import PLUGINS

SECRETS = [
    "Authorization",
    "Cookie",
    "Set-Cookie",
    "Proxy-Authorization",
    "Proxy-Authenticate",
    "X-Api-Key",
    "X-ApiKey",
    "X-CSRF-Token",
    "X-Forwarded-Access-Token",
    "X-Amzn-Oidc-Accesstoken",
    "X-Amzn-Oidc-Data",
    "X-Goog-IAP-JWT-Assertion",
    "X-Client-Secret",
    "Ocp-Apim-Subscription-Key",
    "X-Auth",
    "X_Auth_Token",
    "X-Password",
]
OF_CONNECTION = [
    "Connection",
    "Keep-Alive",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "Proxy-Connection",
    "Content-Length",
]
ALLOWED = [
    "X-Page",
    "X-Tenant",
    "X-Request-Id",
    "User-Agent",
    "Referer",
    "X-Forwarded-For",
    "Idempotency-Key",
    "X-Author",
    "X-Secretary",
]

TOKEN = string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~"
names = st.text(TOKEN, min_size=1, max_size=MOST_NAME_CHARACTERS)
values = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=MOST_VALUE_CHARACTERS + 50)


def problem(setting: str) -> str:
    """The message that stops the start; empty for a setting that is accepted."""
    try:
        load_settings({"CONTEXT_HEADERS": setting}, PLUGINS)
    except SettingsError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("name", SECRETS)
def test_a_header_with_a_secret_stops_the_start_by_its_name(name: str) -> None:
    for spelling in (name, name.lower(), name.upper()):
        assert f"CONTEXT_HEADERS: {name.lower()} carries a secret" in problem(f"X-Page,{spelling}")


@pytest.mark.parametrize("name", OF_CONNECTION)
def test_a_header_of_one_connection_stops_the_start_by_its_name(name: str) -> None:
    assert f"CONTEXT_HEADERS: {name.lower()} belongs to one connection" in problem(name)


@pytest.mark.parametrize("wrong", ["X Page", "X-Page:", "X-Page;X-Tenant", "Seite-ä", "(page)", ",", "x" * 65, "a\tb"])
def test_what_is_no_name_of_a_header_stops_the_start(wrong: str) -> None:
    assert "CONTEXT_HEADERS: expected names of headers" in problem(wrong)


def test_other_names_are_accepted_in_any_case_and_once() -> None:
    assert problem(",".join(ALLOWED)) == ""
    assert ContextHeaders.parse("X-Page, x-page ,X-Tenant") == ("x-page", "x-tenant")
    assert f"at most {MOST_HEADERS}" in problem(",".join(f"X-{number}" for number in range(MOST_HEADERS + 1)))
    assert problem(",".join(f"X-{number}" for number in range(MOST_HEADERS))) == ""


@given(st.lists(names, min_size=1, max_size=20))
def test_any_names_are_read_as_they_are_written_in_lower_case(given_names: list[str]) -> None:
    read = ContextHeaders.parse(",".join(given_names))
    assert read == tuple(dict.fromkeys(name.lower() for name in given_names))
    for name in read:
        assert all(sentence.startswith(("names ", f"{name} ")) for sentence in header_problems([name]))


@given(st.text(max_size=80))
def test_any_text_is_refused_or_read_as_names(text: str) -> None:
    try:
        read = ContextHeaders.parse(text)
    except ValueError:
        return
    assert read
    assert all(0 < len(name) <= MOST_NAME_CHARACTERS and set(name) <= set(TOKEN) for name in read)


@given(st.lists(names, max_size=5), st.lists(st.tuples(names, values), max_size=8))
def test_a_request_gives_the_listed_headers_and_no_other(listed: list[str], sent: list[tuple[str, str]]) -> None:
    allowed = ContextHeaders.parse(",".join(listed)) if listed else ContextHeaders()
    sent += [(name.upper(), "again") for name in listed[:1]]
    headers = Headers([(name.encode("latin-1"), value.encode("latin-1")) for name, value in sent])
    expected: dict[str, list[str]] = {}
    for name, value in sent:
        if name.lower() in allowed:
            expected.setdefault(name.lower(), []).append(value)
    joined = {name: ", ".join(each) for name, each in expected.items()}
    if any(len(value) > MOST_VALUE_CHARACTERS for value in joined.values()):
        with pytest.raises(InvalidInputError, match="is too long"):
            context_headers(allowed, headers)
    else:
        assert context_headers(allowed, headers) == joined
