"""Language: texts are written in English in the code, and translated into the caller's language when used.

    raise InvalidInputError(_("A title has at most {limit} characters.", limit=LIMIT))

`make messages` collects the texts, `app/locale` has their translations. The request has the language: `use_language`
sets it for its block, tasks created inside included.
"""

import gettext
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

import msgspec


class Language(msgspec.Struct, frozen=True, kw_only=True):
    """Language with translated texts; English is the source and needs no catalog."""

    tag: str = "en"
    direction: Literal["ltr", "rtl"] = "ltr"
    catalog: gettext.NullTranslations = gettext.NullTranslations()


ENGLISH = Language()

_current: ContextVar[Language] = ContextVar("language", default=ENGLISH)


def _(text: str, /, **data: object) -> str:
    """Translate `text` into the caller's language, or leave it in English, and fill its {fields} with `data`."""
    found = _current.get().catalog.gettext(text)
    return found.format(**data) if data else found


def plural(one: str, many: str, count: int, /, **data: object) -> str:
    """Translate the plural form for `count`, which both texts may show as {count}. Languages have up to six forms."""
    return _current.get().catalog.ngettext(one, many, count).format(count=count, **data)


def deferred(text: str) -> str:
    """Mark a text, such as one in a table, that `_` translates later where it is shown."""
    return text


def current_language() -> Language:
    """Return the language of the current request."""
    return _current.get()


@contextmanager
def use_language(language: Language) -> Iterator[None]:
    """Use `language` for texts inside the block."""
    token = _current.set(language)
    try:
        yield
    finally:
        _current.reset(token)
