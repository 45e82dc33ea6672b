"""Redaction of passwords in addresses and of keys among the names of errors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.redaction import is_error_name, mask_userinfo

SENDABLE = st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S"], exclude_characters="/?#"), min_size=1)


@given(SENDABLE, st.sampled_from(["http", "https", "postgresql", "s3"]))
def test_a_password_is_masked_and_the_address_stays(password: str, scheme: str) -> None:
    line = f"before {scheme}://user:{password}@host.example:8080/v1?a=b after"
    assert mask_userinfo(line) == f"before {scheme}://***@host.example:8080/v1?a=b after"


@pytest.mark.parametrize(
    "text",
    ["", "https://host/v1", "ann@example.com", "https://host/ann@example.com", "https://host then ann@example.com"],
)
def test_a_text_without_userinfo_stays(text: str) -> None:
    assert mask_userinfo(text) == text


def test_each_address_of_a_text_is_masked() -> None:
    assert mask_userinfo("a://x:y@b, c://z@d") == "a://***@b, c://***@d"


@pytest.mark.parametrize("name", ["invalid_api_key", "API_KEY_INVALID", "model_not_found", "insufficient_quota"])
def test_a_name_of_an_error_is_shown(name: str) -> None:
    assert is_error_name(name)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "two words",
        "sk-proj-abc",
        "AIzaSyA",
        "gsk_a1b2c3d4e5f6g7h8i9",
        "xai-0123456789abcdefg",
        "x" * 81,
        "né",
        "1_a",
    ],
)
def test_a_key_or_a_sentence_is_not_shown(text: str) -> None:
    assert not is_error_name(text)
