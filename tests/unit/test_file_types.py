"""The type of a file is that of its content."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.application.attachments.sniffing import media_type
from app.application.attachments.text_encoding import UnknownEncodingError
from tests.uploads import PDF, SVG, png

NAMES = ["a.txt", "a.png", "a.pdf", "a", "", ".", "a.svg"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("content", "type_"),
    [
        (png(), "image/png"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01", "image/jpeg"),
        (b"GIF89a\x01\x00\x01\x00", "image/gif"),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 \x18\x00\x00\x00", "image/webp"),
        (PDF, "application/pdf"),
        (SVG, "image/svg+xml"),
        (b"\xef\xbb\xbf \n<SVG>", "image/svg+xml"),
        (b"<?xml version='1.0'?><svg/>", "application/xml"),
        (b"<!DOCTYPE html><p>", "text/html"),
        (b"  <script>alert(1)</script>", "text/html"),
        ("Grüße ☕\n".encode(), "text/plain"),
        ("Grüße ☕".encode()[:-1], "text/plain"),
        (b"\x00\x01\x02", "application/octet-stream"),
        (b"\xff\xfe\xfd", "application/octet-stream"),
    ],
)
def test_whatever_it_is_called(content: bytes, type_: str, name: str) -> None:
    assert media_type(content, name) == type_


@pytest.mark.parametrize(
    ("name", "type_"),
    [("a.md", "text/markdown"), ("A.CSV", "text/csv"), ("a.json", "application/json"), ("a.py", "text/plain")],
)
def test_texts_are_distinguished_by_name(name: str, type_: str) -> None:
    assert media_type(b"hello", name) == type_


@given(st.binary(max_size=200), st.text(max_size=20))
def test_anything_has_a_type(content: bytes, name: str) -> None:
    with suppress(UnknownEncodingError):
        assert "/" in media_type(content, name)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "cp1252", "utf-32"])
def test_a_page_is_a_page_in_any_encoding(encoding: str) -> None:
    assert media_type("<!DOCTYPE html><p>Grüße</p>\n".encode(encoding), "a.txt") == "text/html"
