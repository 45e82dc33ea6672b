"""Languages: the translations of this server, and the choice for each caller."""

import datetime as dt
import gettext
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Final, Literal

import msgspec
from babel import Locale, UnknownLocaleError, negotiate_locale
from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from app.domain.language import ENGLISH, Language, current_language

CATALOGS: Final = Path(__file__).parents[2] / "locale"
DOMAIN: Final = "anyport"

_LONGEST: Final = 500
"""Characters of `Accept-Language` that are read; browsers send about fifty."""

_RANGE: Final = re.compile(r"\s*([A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*)\s*(?:;\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*)?")


class LanguageChoice(msgspec.Struct, frozen=True):
    """A caller's language: `locale` as requested, such as `fr-CA`, and the nearest `language` with translations."""

    locale: str | None
    language: Language


class Languages:
    """The languages that this server has translations for."""

    def __init__(self, languages: Sequence[Language]) -> None:
        self._by_tag = {language.tag.replace("-", "_"): language for language in (ENGLISH, *languages)}
        # Cached: clients send the same few headers, and a choice reads Babel's files.
        self.choose = lru_cache(maxsize=256)(self._choose)

    @classmethod
    def read(cls, folder: Path = CATALOGS) -> "Languages":
        """Load every catalog under `folder`. Blocking: call it before the server serves."""
        found = sorted(folder.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))
        return cls([_read(file, file.parent.parent.name) for file in found])

    @property
    def tags(self) -> Sequence[str]:
        """The language tags, English first."""
        return [language.tag for language in self._by_tag.values()]

    def _choose(self, accepted: str | None) -> LanguageChoice:
        """The choice for an `Accept-Language` header (RFC 9110, 12.5.4). Never fails."""
        locales = list(_known(accepted or ""))
        nearest = negotiate_locale([str(locale) for locale in locales], list(self._by_tag))
        return LanguageChoice(
            locale=str(locales[0]).replace("_", "-") if locales else None,
            language=self._by_tag[nearest or ENGLISH.tag],
        )


def english_name(locale: str) -> str:
    """The English name of a locale, such as “French (Canada)”, for the instructions of models."""
    return Locale.parse(locale, sep="-").english_name or locale


def read_english_names() -> None:
    """Load the names for `english_name` into Babel's cache. Blocking, some 20 ms."""
    english_name(ENGLISH.tag)


def day(date: dt.date, style: Literal["short", "medium", "long", "full"] = "medium") -> str:
    """The date in the caller's format."""
    return format_date(date, style, locale=current_language().tag.replace("-", "_"))


def _read(file: Path, tag: str) -> Language:
    with file.open("rb") as source:
        catalog = read_po(source, locale=tag)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Language(
        tag=tag.replace("_", "-"),
        direction=_direction(str(message.string) for message in catalog if message.id),
        catalog=gettext.GNUTranslations(compiled),
    )


def _direction(texts: Iterable[str]) -> Literal["ltr", "rtl"]:
    """The direction of most letters; Babel's own data take long to load."""
    strong: Counter[str] = Counter()
    for letter, times in Counter("".join(texts)).items():
        strong[unicodedata.bidirectional(letter)] += times
    return "rtl" if strong["R"] + strong["AL"] > strong["L"] else "ltr"


def _known(accepted: str) -> Iterator[Locale]:
    """The known locales of the header, by descending weight; equal weights keep their order."""
    weighted = [
        (float(match[2] or 1), locale)
        for part in accepted[:_LONGEST].split(",")
        if (match := _RANGE.fullmatch(part)) and (locale := _parsed(match[1]))
    ]
    return (locale for weight, locale in sorted(weighted, key=_weight, reverse=True) if weight > 0)


def _weight(weighted: tuple[float, Locale]) -> float:
    return weighted[0]


def _parsed(tag: str) -> Locale | None:
    """The locale with its known subtags; None for an unknown language."""
    parts = tag.split("-")
    for length in range(len(parts), 0, -1):
        try:
            return Locale.parse("-".join(parts[:length]), sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return None
