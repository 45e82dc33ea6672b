"""Misspelled variables: names that no setting has."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.bootstrap import setting_sections
from app.environment import variables
from app.environment.misspelled import Unread, misspelled, unread_of_file

KNOWN = frozenset(
    name for section in setting_sections().values() for variable in variables(section) for name in variable.names
)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("GEMINI_API_KEYY", "GEMINI_API_KEY"),
        ("GEMINI_APIKEY", "GEMINI_API_KEY"),
        ("GEMNI_API_KEY", "GEMINI_API_KEY"),
        ("JWT_SECERT", "JWT_SECRET"),
        ("DATABASE_URI", "DATABASE_URL"),
        ("LLM_MODEL", "LLM_MODELS"),
        ("openai_api_key", "OPENAI_API_KEY"),
        ("CORS-ORIGINS", "CORS_ORIGINS"),
        ("HOTS", "HOST"),
        ("MAX_STREAM_PER_USERS", "MAX_STREAMS_PER_USER"),
    ],
)
def test_a_misspelled_name_is_reported_with_the_setting_that_was_meant(name: str, meant: str) -> None:
    assert [*misspelled([name], KNOWN)] == [Unread(name, meant)]
    assert [*unread_of_file([name], KNOWN)] == [Unread(name, meant)]


@given(st.sampled_from(sorted(KNOWN)), st.data())
def test_one_typing_error_in_any_setting_is_found(name: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(name) - 1))
    letter = data.draw(st.sampled_from("ABCXYZ_"))
    slip = data.draw(st.sampled_from([name[:at] + letter + name[at:], name[:at] + name[at + 1 :]]))
    if slip in KNOWN or not slip:
        return
    assert [unread.name for unread in misspelled([slip], KNOWN)] == [slip]


def test_names_of_other_programs_are_ignored() -> None:
    others = {"HOME", "HOSTNAME", "PATH", "PWD", "SHELL", "TERM", "USER", "LANG", "TZ", "LOG_LEVEL", "MAIL", "EDITOR"}
    others |= {"OPENAI_ORG_ID", "OPENAI_API_TYPE", "OPENAI_API_VERSION", "ANTHROPIC_API_KEY", "AWS_ACCESS_KEY_ID"}
    others |= {"GOOGLE_APPLICATION_CREDENTIALS", "HTTPS_PROXY", "http_proxy", "NO_PROXY", "SSL_CERT_FILE", "PGPORT"}
    others |= {"KUBERNETES_SERVICE_HOST", "ANYPORT_PORT", "ANYPORT_SERVICE_PORT", "WEB_CONCURRENCY", "NODE_ENV"}
    assert [*misspelled(others - KNOWN, KNOWN)] == []
    assert [*misspelled(os.environ.keys() - KNOWN, KNOWN)] == []


def test_each_unknown_name_in_a_dotenv_file_is_reported() -> None:
    names = {"LOG_LEVEL", "OPENAI_KEY", "MY_OWN_THING", "PORT"}
    assert [*unread_of_file(names, KNOWN)] == [
        Unread("LOG_LEVEL", "APP_LOG_LEVEL"),
        Unread("MY_OWN_THING", ""),
        Unread("OPENAI_KEY", "OPENAI_API_KEY"),
    ]
