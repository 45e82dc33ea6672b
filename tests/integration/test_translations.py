"""Every text of the server has a translation in every catalog, and the translation keeps its placeholders."""

from collections.abc import Sequence
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from app.application.conversation.languages import CATALOGS, DOMAIN
from tests.server import ROOT

MARKS = {"_": None, "deferred": None, "plural": (1, 2)}
FILES = sorted(CATALOGS.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))


def language(file: Path) -> str:
    return file.parent.parent.name


def read(file: Path) -> Catalog:
    with file.open("rb") as source:
        return read_po(source, locale=language(file))


def forms(text: str | Sequence[str] | None) -> tuple[str, ...]:
    return (text or "",) if text is None or isinstance(text, str) else tuple(text)


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.fixture(scope="module")
def texts() -> set[tuple[str, ...]]:
    found = extract_from_dir(str(ROOT / "app"), [("**.py", "python")], keywords=MARKS)
    return {forms(text) for _, _, text, _, _ in found}


def test_there_are_three_languages_besides_english() -> None:
    assert {language(file) for file in FILES} == {"ar", "de", "ja"}


@pytest.mark.parametrize("file", FILES, ids=language)
def test_no_text_misses_its_translation_and_none_is_left_over(file: Path, texts: set[tuple[str, ...]]) -> None:
    translated = {forms(message.id) for message in read(file) if message.id and all(forms(message.string))}
    assert texts - translated == set(), "translate these; `make messages` puts them into the catalogs"
    assert translated - texts == set(), "`make messages` takes these out"


@pytest.mark.parametrize("file", FILES, ids=language)
def test_a_translation_keeps_its_placeholders(file: Path) -> None:
    def wrong(message: Message) -> bool:
        source = placeholders(forms(message.id)[-1])
        # A form that fits one number alone may say it in words.
        words = source - {"count"} if message.pluralizable else source
        return any(not words <= placeholders(form) <= source for form in forms(message.string))

    assert [message.id for message in read(file) if message.id and wrong(message)] == []


@pytest.mark.parametrize("file", FILES, ids=language)
def test_nothing_is_fuzzy(file: Path) -> None:
    assert [message.id for message in read(file) if message.id and message.fuzzy] == []
