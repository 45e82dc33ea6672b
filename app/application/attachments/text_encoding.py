"""Text encoding detection: UTF-8, or a legacy encoding of office programs."""

import codecs
import re
import unicodedata
from typing import Final

from app.domain.errors import InvalidInputError
from app.domain.language import _

_BOMS: Final = {
    codecs.BOM_UTF8: "utf-8-sig",
    # Before the marks of UTF-16, which are prefixes of these.
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_LEGACY: Final = ("cp1252", "cp932", "euc_jp", "gb18030", "cp949", "cp1251", "mac_roman", "big5", "cp1250")
"""In order of preference between equally good readings."""

_CONTROLS: Final = bytes({*range(32), 127} - set(b"\t\n\r\f\x1b"))
_ODD_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
_SHIFT: Final = re.compile(rb"\x1b(?:\$[@B]|\([BJ])")
"""Escape sequences of ISO-2022-JP, as in mail."""

_WORD_SIGNS: Final = frozenset("\u2018\u2019\u00b7\u30fb\u30fc\u3005")
_TOLERANCE: Final = 0.05
_BROKEN_SHARE: Final = 0.1
_SAMPLE_CHARACTERS: Final = 20_000


class UnknownEncodingError(InvalidInputError):
    """The bytes of a text match no known encoding."""

    def __init__(self) -> None:
        super().__init__(_("The encoding of this text is not known. Save it as UTF-8 and attach it again."))


def decoded(content: bytes, *, whole: bool) -> str | None:
    """Decode a text; unless `whole`, the last character may be incomplete. None for binary content.

    Raises `UnknownEncodingError`. Blocking, up to 50 ms: call it in a thread.
    """
    for mark, encoding in _BOMS.items():
        if content.startswith(mark):
            return _clean(_read(content, encoding, whole=whole))
    if b"\0" in content:
        return _wide(content, whole=whole)
    if content.translate(None, _CONTROLS) != content:
        return None
    if _SHIFT.search(content) and (text := _read(content, "iso2022_jp", whole=whole)) is not None:
        return text
    if (text := _read(content, "utf-8", whole=whole)) is not None:
        return text
    return _damaged(content) or _legacy(content, whole=whole)


def is_wide(content: bytes) -> bool:
    """True for UTF-16 and UTF-32, in which a byte of a character may be zero."""
    return b"\0" in content or content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))


def _read(content: bytes, encoding: str, *, whole: bool) -> str | None:
    try:
        return codecs.getincrementaldecoder(encoding)().decode(content, final=whole)
    except UnicodeDecodeError:
        return None


def _clean(text: str | None) -> str | None:
    return None if text is None or _ODD_CONTROLS.search(text) else text


def _wide(content: bytes, *, whole: bool) -> str | None:
    """UTF-16 without a mark; the wrong byte order yields hardly any ASCII, such as spaces and line ends."""
    texts = [_clean(_read(content, encoding, whole=whole)) for encoding in ("utf-16-le", "utf-16-be")]
    best = max((text for text in texts if text), key=_ascii, default="")
    assigned = all(unicodedata.category(character) not in {"Cn", "Co"} for character in best[:_SAMPLE_CHARACTERS])
    return best if best and _ascii(best) and assigned else None


def _ascii(text: str) -> int:
    return sum(character < "\x80" for character in text)


def _damaged(content: bytes) -> str | None:
    """UTF-8 with a few broken bytes; None when too many are broken."""
    text = content.decode(errors="replace")
    broken = text.count("\ufffd")
    return text if broken <= _BROKEN_SHARE * (len(text) - _ascii(text)) else None


def _legacy(content: bytes, *, whole: bool) -> str:
    # Imported on first use: the import is slow, and few texts need it.
    from charset_normalizer import from_bytes

    sample = content if whole else _up_to_a_break(content)
    matches = [*from_bytes(sample, cp_isolation=[*_LEGACY], preemptive_behaviour=False)]
    if not matches:
        raise UnknownEncodingError
    least = min(match.chaos for match in matches)
    fitting = {name for match in matches if match.chaos <= least + _TOLERANCE for name in match.could_be_from_charset}
    texts = [text for name in _LEGACY if name in fitting and (text := _read(content, name, whole=whole)) is not None]
    if not texts:
        raise UnknownEncodingError
    return min(texts, key=lambda text: _oddity(text[:_SAMPLE_CHARACTERS]))


def _up_to_a_break(content: bytes) -> bytes:
    """The content up to the last byte below 0x30, which is never the second byte of a character."""
    return re.sub(rb"[^\x00-\x2f]{1,200}\Z", b"", content) or content


def _oddity(text: str) -> int:
    """A score of unlikely characters: signs and capitals within words, half-width katakana. Kana lower the score,
    because a wrong encoding hardly produces them."""
    odd = 0
    for before, character, after in zip(" " + text, text, text[1:] + " ", strict=False):
        if character < "\x80":
            continue
        if "\u3041" <= character <= "\u30fa":
            odd -= 1
        elif "\uff61" <= character <= "\uff9f" or _ODD_CONTROLS.match(character):
            odd += 1
        elif not character.isalpha():  # East Asian signs do occur between letters.
            odd += character < "\u2e80" and before.isalpha() and after.isalpha() and character not in _WORD_SIGNS
        elif character.isupper():
            odd += before.islower()
    return odd
