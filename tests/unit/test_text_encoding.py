"""Texts as office programs save them are read as they were written; what is no text is none."""

import codecs
import hashlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.application.attachments.text_encoding import UnknownEncodingError, decoded

GERMAN = "Name;Straße;Größe\r\nMüller;Königsweg 3;1,80 m\r\nSchäfer;Bäckergasse;2,00 €\r\n"
FRENCH = "Prénom;Adresse\r\nHélène;12, rue de l’Église\r\n« Ça coûte 12 € »\r\n"
SPANISH = "Año;Niño;Señal\nMañana será otro día, ¿no?\n"
ENGLISH = "It’s “smart” – isn’t it?\r\nCafé, £ 5\r\n"
JAPANESE = "氏名,住所,電話番号\r\n山田太郎,東京都千代田区,03-1234\r\nカタカナとひらがなの文章です。\r\n"
CHINESE = "姓名,地址,电话\r\n张三,北京市朝阳区,010-1234\r\n这是一个测试文件。\r\n"
TAIWANESE = "姓名,地址,電話\r\n張三,台北市信義區,02-1234\r\n這是一個測試檔案。\r\n"
KOREAN = "이름,주소,전화\r\n홍길동,서울시 강남구,02-123\r\n안녕하세요 세계\r\n"
RUSSIAN = "Имя;Адрес;Телефон\r\nИван;Москва, улица Ленина;123\r\n"
UNICODE = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32")

WRITTEN = [
    *itertools.product((GERMAN, FRENCH, SPANISH, ENGLISH), ("cp1252", "mac_roman")),
    *itertools.product(("Grüße aus Köln", "café", "Müller"), ("cp1252",)),
    *itertools.product((JAPANESE, "こんにちは、世界"), ("cp932", "shift_jis", "euc_jp", "iso2022_jp")),
    *itertools.product((CHINESE, "你好，世界"), ("gb18030", "gbk")),
    (TAIWANESE, "big5"),
    (KOREAN, "cp949"),
    (RUSSIAN, "cp1251"),
    *itertools.product((GERMAN, JAPANESE, CHINESE, KOREAN, RUSSIAN, "a, 🦩\n"), UNICODE),
    (GERMAN, "utf-16-le"),
    ("", "utf-8"),
]


@pytest.mark.parametrize(("text", "encoding"), WRITTEN)
def test_a_text_is_read_as_it_was_written(text: str, encoding: str) -> None:
    assert decoded(text.encode(encoding), whole=True) == text


@pytest.mark.parametrize("mark", [codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE])
def test_the_mark_says_which_byte_comes_first(mark: bytes) -> None:
    encoding = "utf-16-be" if mark == codecs.BOM_UTF16_BE else "utf-16-le"
    assert decoded(mark + JAPANESE.encode(encoding), whole=True) == JAPANESE


@pytest.mark.parametrize(("text", "encoding"), [(text, encoding) for text, encoding in WRITTEN if len(text) > 20])
def test_a_text_may_be_cut_anywhere(text: str, encoding: str) -> None:
    content = (text * 4).encode(encoding)
    for less in range(1, 5):
        read = decoded(content[:-less], whole=False)
        assert read is not None
        assert read.startswith(text * 3)


@pytest.mark.parametrize(
    "content",
    [
        b"\0",
        b"\0" * 50,
        b"\0\1\2\3",
        b"MZ\x90\0\3\0\0\0\4\0",
        b"PK\3\4\x14\0\6\0",
        b"hello\0world",
        b"\x7fELF\2\1\1\0",
        hashlib.shake_256(b"noise").digest(2_000),
        codecs.BOM_UTF16_LE + b"\1\0\2\0",
    ],
)
def test_what_is_no_text_is_none(content: bytes) -> None:
    assert decoded(content, whole=True) is None


def test_a_text_of_no_known_encoding_is_refused_for_that() -> None:
    with pytest.raises(UnknownEncodingError, match="UTF-8"):
        decoded(b"\x81\xff\xfe\x80\xff" * 40, whole=True)


def test_a_broken_byte_makes_no_other_encoding_of_a_text() -> None:
    content = GERMAN.encode() + b"caf\xe9\r\n" + GERMAN.encode()
    assert decoded(content * 3, whole=True) == (GERMAN + "caf\ufffd\r\n" + GERMAN) * 3


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_are_a_text_or_none_or_refused(content: bytes, whole: bool) -> None:
    try:
        text = decoded(content, whole=whole)
    except UnknownEncodingError:
        return
    assert text is None or "\0" not in text


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co"]), max_size=200))
def test_utf_8_is_always_read_as_it_is(text: str) -> None:
    assert decoded(text.encode(), whole=True) == text.removeprefix("\ufeff")
