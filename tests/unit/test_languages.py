"""Which language a caller gets, and texts in it."""

import asyncio
import datetime as dt
from pathlib import Path

import pytest
from babel import localedata
from hypothesis import given
from hypothesis import strategies as st

from app.application.conversation.languages import Languages, day, english_name, read_english_names
from app.domain.errors import InvalidInputError
from app.domain.language import _, current_language, deferred, plural, use_language
from app.domain.task import new_task

OURS = Languages.read()
GERMAN = OURS.choose("de").language


@pytest.mark.parametrize(
    ("accepted", "locale", "language"),
    [
        (None, None, "en"),
        ("", None, "en"),
        ("*", None, "en"),
        ("de", "de", "de"),
        ("de-AT", "de-AT", "de"),
        ("DE-at", "de-AT", "de"),
        ("en-US,en;q=0.9,de;q=0.8", "en-US", "en"),
        ("de;q=0.5, ja", "ja", "ja"),
        ("de;q=0, en", "en", "en"),
        ("fr-CA, ar;q=0.4, *;q=0.1", "fr-CA", "ar"),
        ("fr", "fr", "en"),
        ("xx-YY, ja;q=0.3", "ja", "ja"),
        ("de-x-private", "de", "de"),
        ("zh-Hant-TW", "zh-Hant-TW", "en"),
        ("de;q=high", None, "en"),
    ],
)
def test_the_header_is_negotiated(accepted: str | None, locale: str | None, language: str) -> None:
    wish = OURS.choose(accepted)
    assert (wish.locale, wish.language.tag) == (locale, language)


@given(st.text(max_size=600) | st.from_regex(r"([a-z]{2,3}(-[A-Z0-9]{2,4})?(;q=[0-9.]{1,4})?,?){1,20}", fullmatch=True))
def test_no_header_is_too_strange(accepted: str) -> None:
    wish = OURS.choose(accepted)
    assert wish.language.tag in OURS.tags
    assert wish.locale is None or english_name(wish.locale)


def test_the_names_of_languages_are_read_before_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(localedata, "_cache", {})
    read_english_names()
    monkeypatch.setattr(localedata, "merge", pytest.fail)
    assert english_name("fr-CA") == "French (Canada)"
    assert english_name("zh-Hant-TW") == "Chinese (Traditional, Taiwan)"


def test_texts_follow_the_language_that_is_spoken() -> None:
    assert _("A task needs a title.") == "A task needs a title."
    with use_language(GERMAN):
        assert _("A task needs a title.") == "Eine Aufgabe braucht einen Titel."
        assert _("not in any catalog {braces}") == "not in any catalog {braces}"
        assert _(deferred("Adding a task")) == "Aufgabe wird angelegt"
    assert current_language().tag == "en"


def test_an_error_is_made_in_the_language_of_its_request() -> None:
    with use_language(GERMAN), pytest.raises(InvalidInputError, match="höchstens 200 Zeichen; dieser hat 300"):
        new_task("ada", "x" * 300, now=dt.datetime.now(dt.UTC))


def test_the_number_decides_the_form() -> None:
    with use_language(OURS.choose("ar").language):
        forms = {plural("{count} step", "{count} steps", count) for count in (0, 1, 2, 3, 11, 100)}
        assert len(forms) == 6
        assert current_language().direction == "rtl"


async def test_a_started_task_keeps_its_language() -> None:
    async def text() -> str:
        await asyncio.sleep(0)
        return _("A task needs a title.")

    with use_language(GERMAN):
        begun = asyncio.create_task(text())
    assert await begun == "Eine Aufgabe braucht einen Titel."
    assert await text() == "A task needs a title."


def test_dates_are_written_as_the_caller_writes_them() -> None:
    date = dt.date(2026, 11, 30)
    assert day(date) == "Nov 30, 2026"
    with use_language(GERMAN):
        assert day(date) == "30.11.2026"


def test_without_catalogs_everything_is_english(tmp_path: Path) -> None:
    assert Languages.read(tmp_path).choose("de").language.tag == "en"
