"""Texts in the caller's language: written in English where they are used, looked up in a catalog as they are made.

    raise InvalidInputError(_("A title has at most {limit} characters.", limit=LIMIT))

`make messages` collects the texts, `app/locale` has their translations. Whose language it is, the request says:
`use_language` sets it for everything that runs below it, tasks that are begun there included.
"""

import gettext
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

import msgspec


class Language(msgspec.Struct, frozen=True, kw_only=True):
    """A language that we have texts in; English is the source and needs no catalog."""

    tag: str = "en"
    direction: Literal["ltr", "rtl"] = "ltr"
    catalog: gettext.NullTranslations = gettext.NullTranslations()


ENGLISH = Language()

_current: ContextVar[Language] = ContextVar("language", default=ENGLISH)


def _(text: str, /, **data: object) -> str:
    """`text` in the caller's language, English where it has no translation, with `data` put into its {fields}."""
    found = _current.get().catalog.gettext(text)
    return found.format(**data) if data else found


def plural(one: str, many: str, count: int, /, **data: object) -> str:
    """The form that fits `count`, which both may show as {count}. Languages have up to six forms."""
    return _current.get().catalog.ngettext(one, many, count).format(count=count, **data)


def deferred(text: str) -> str:
    """Marks a text that is written in one place, such as a table, and translated with `_` where it is shown."""
    return text


def current_language() -> Language:
    """The language of the request that is being answered."""
    return _current.get()


@contextmanager
def use_language(language: Language) -> Iterator[None]:
    """Everything below speaks `language`."""
    token = _current.set(language)
    try:
        yield
    finally:
        _current.reset(token)
