"""Titles are made of the first words."""

from hypothesis import given
from hypothesis import strategies as st

from app.domain.conversation import TITLE_LIMIT, title_from


def test_a_short_line_is_the_title() -> None:
    assert title_from("  \n Buy   milk \nand eggs") == "Buy milk"


def test_a_long_line_is_cut_at_a_word() -> None:
    title = title_from("word " * 40)
    assert title is not None
    assert title.endswith("word…")
    assert len(title) <= TITLE_LIMIT


@given(st.text())
def test_any_text_gives_one_line_or_nothing(text: str) -> None:
    title = title_from(text)
    assert title is None or (len(title) <= TITLE_LIMIT and title.strip() == title and "\n" not in title)
    assert (title is None) == (not text.strip())
