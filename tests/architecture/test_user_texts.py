"""What a user may be shown is written through `_`, so that it can be translated."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.pofile import read_po

import app
from app.domain import errors

FOLDER = Path(app.__file__).parent
SHOWN = ("domain", "application", "entrypoints/chatkit", "entrypoints/http", "entrypoints/mcp")
SHOWN_OF_ADAPTERS = ("adapters/stores", "adapters/auth", "adapters/attachments", "adapters/transcription")
KINDS = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}
OPERATORS = {"SchemaError"}
"""These stop a start; operators read English."""


def untranslated(source: str) -> Iterator[int]:
    """Lines that build an error of ours, or a response of Litestar, with an untranslated text."""
    kinds = (KINDS - OPERATORS) | {"RefusedException", "HTTPException", "ClientException"}
    if "from chatkit.store import NotFoundError" in source:
        kinds -= {"NotFoundError"}  # ChatKit's own errors: the user gets our sentence in place of theirs.
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name | ast.Attribute):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
        if name in kinds:
            said = [*node.args[:1], *(word.value for word in node.keywords if word.arg == "detail" and "Exc" in name)]
            yield from (text.lineno for text in said if isinstance(text, ast.Constant | ast.JoinedStr | ast.BinOp))


def test_every_error_that_a_user_may_see_can_be_translated() -> None:
    found = [
        f"{file.relative_to(FOLDER)}:{line}"
        for folder in (*SHOWN, *SHOWN_OF_ADAPTERS)
        for file in sorted((FOLDER / folder).rglob("*.py"))
        for line in untranslated(file.read_text())
    ]
    assert found == []


def test_a_plain_text_would_be_noticed() -> None:
    assert list(untranslated('raise InvalidInputError(f"There is no {thing}")')) == [1]
    assert list(untranslated('raise HTTPException(detail="Gone.")')) == [1]
    assert list(untranslated('raise errors.NotFoundError(_("There is no such task."))')) == []


def for_operators_alone(text: str) -> bool:
    """True for a text that names a setting and does not say that the operator can change it."""
    return bool(re.search(r"\b[A-Z]{2,}(_[A-Z]+)+\b", text)) and "operator" not in text


def test_no_text_for_users_asks_them_to_change_a_setting() -> None:
    with (FOLDER / "locale" / "de" / "LC_MESSAGES" / "anyport.po").open("rb") as file:
        texts = [message.id if isinstance(message.id, str) else message.id[0] for message in read_po(file)]
    assert len(texts) > 100
    assert [text for text in texts if for_operators_alone(text)] == []
