"""Titles are made of the first words."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.conversation import TITLE_LIMIT, clean_title, title_from


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


@given(st.text())
def test_a_written_title_is_one_plain_line_or_nothing(text: str) -> None:
    title = clean_title(text)
    assert title is None or (0 < len(title) <= TITLE_LIMIT and title.splitlines() == [title.strip()])
    assert title is None or not {unicodedata.category(character) for character in title} & {"Cc", "Cs"}


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("Buying milk", "Buying milk"),
        ('"Buying milk."', "Buying milk"),
        ("\n\n**Buying milk**\nbecause it is out", "Buying milk"),
        ("# Title: Buying _milk_", "Buying milk"),
        ("„Milch kaufen“", "Milch kaufen"),
        ("「牛乳を買う」", "牛乳を買う"),
        ("<b>Buying</b> <script>alert(1)</script>", "Buying alert(1)"),
        ("Buying \u202egnp.exe\u202c milk\x07", "Buying gnp.exe milk"),
        ("خرید شیر و نان\u200cها", "خرید شیر و نان\u200cها"),
        ("snake_case and 2*3", "snake_case and 2*3"),
        ("...", None),
        ("", None),
    ],
)
def test_quotes_markup_and_controls_are_no_part_of_a_title(written: str, title: str | None) -> None:
    assert clean_title(written) == title


def test_first_words_are_shown_without_what_turns_them_around() -> None:
    assert title_from("\u202e\x00\nBuy \u2067milk") == "Buy milk"
