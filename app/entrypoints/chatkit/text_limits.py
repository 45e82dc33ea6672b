"""Text limits: the length of each text in a request, derived from the types of all requests, so that no field of the
protocol is without a limit."""

from collections.abc import Iterator
from functools import cache
from typing import Any, Final, NamedTuple, get_args

import msgspec
from chatkit.types import (
    AttachmentCreateParams,
    InputTranscribeParams,
    StructuredInputAnswerSubmission,
    ThreadAddClientToolOutputParams,
    ThreadUpdateParams,
    UserMessageInput,
    UserMessageTextContent,
)
from pydantic import BaseModel

from app.domain.errors import InvalidInputError
from app.domain.language import _

TEXT: Final = 1_000
"""Characters of any text: an id, a name, a label, a key."""
FREE: Final = 10_000
"""Characters of all texts in a field of any JSON, such as metadata or the data of a tag."""
TOTAL: Final = 200_000
"""Characters of all texts in a request, without messages and recordings."""

MESSAGE: Final = 1_000_000
"""The upper bound of MAX_MESSAGE_CHARACTERS, which is the effective limit; also of texts in our own routes that have a
stricter rule with its own message."""

_NAMED: Final[dict[tuple[str, str], int]] = {
    (UserMessageTextContent.__name__, "text"): MESSAGE,
    (UserMessageInput.__name__, "quoted_text"): MESSAGE,
    (InputTranscribeParams.__name__, "audio_base64"): 100_000_000,  # Not stored; `check_audio` bounds it.
    (AttachmentCreateParams.__name__, "name"): 10_000,  # It is shortened, as in a form.
    (ThreadUpdateParams.__name__, "title"): 200,
    (ThreadAddClientToolOutputParams.__name__, "result"): 100_000,
    (StructuredInputAnswerSubmission.__name__, "values"): 10_000,
    ("Action", "payload"): 100_000,
    ("PlainMessage", "content"): MESSAGE,
    ("NewTask", "description"): 10_000,
    ("Patch", "description"): 10_000,
}
"""Exceptions, by type and field."""


class Field(NamedTuple):
    """A field of a request's type: texts of at most `most` characters, or any JSON when `free`."""

    name: str
    most: int
    free: bool
    inner: Any


@cache
def fields_of(kind: Any) -> tuple[Field, ...]:
    """The fields of a ChatKit model or of a struct of ours, with their limits."""
    return tuple(
        Field(name, _bound(kind, name, free=free), free, _struct_in(annotation))
        for name, annotation in _annotations(kind)
        for free in [_is_free(annotation)]
    )


def check_texts(kind: Any, request: Any) -> None:
    """Raises `InvalidInputError` for a request with a text over its field's limit, or over `TOTAL` characters in all.

    `request` is an object of type `kind`, or plain JSON.
    """
    total = 0
    for path, field, size in _texts(kind, request, ()):
        if size > field.most:
            raise InvalidInputError(
                _(
                    "A text in this request is too long: {field} has at most {limit} characters.",
                    field=".".join(path),
                    limit=field.most,
                )
            )
        total += 0 if field.most >= MESSAGE else size
    if total > TOTAL:
        raise InvalidInputError(_("The texts of this request are too long: {limit} characters in all.", limit=TOTAL))


def _texts(kind: Any, value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Field, int]]:
    """Every text and every free value, with its path, field and size in characters."""
    for field in fields_of(kind):
        held = value.get(field.name) if isinstance(value, dict) else getattr(value, field.name, None)
        where = (*path, field.name)
        if field.free:
            yield where, field, _size(held)
        else:
            yield from _held(field, held, where)


def _held(field: Field, held: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Field, int]]:
    match held:
        case str():
            yield path, field, len(held)
        case BaseModel():
            yield from _texts(type(held), held, path)
        case dict() if field.inner is not None:
            yield from _texts(field.inner, held, path)
        case dict():
            for key, inner in held.items():
                yield path, Field(field.name, TEXT, free=False, inner=None), len(key)
                yield from _held(field, inner, path)
        case list():
            for inner in held:
                yield from _held(field, inner, path)


def _size(free: Any) -> int:
    match free:
        case str():
            return len(free)
        case int():
            return free.bit_length() // 3
        case dict():
            return sum(len(key) + _size(inner) for key, inner in free.items())
        case list():
            return sum(map(_size, free))
    return 0


def _bound(kind: Any, name: str, *, free: bool) -> int:
    plain = kind.__name__.partition("[")[0]  # A generic model is named with its parameters.
    return _NAMED.get((plain, name), FREE if free else TEXT)


def _annotations(kind: Any) -> Iterator[tuple[str, Any]]:
    if issubclass(kind, BaseModel):
        yield from ((name, field.annotation) for name, field in kind.model_fields.items())
    elif issubclass(kind, msgspec.Struct):
        yield from ((field.name, field.type) for field in msgspec.structs.fields(kind))


def _is_free(annotation: Any) -> bool:
    """True for a type that allows any JSON; the fields of a model are checked one by one."""
    return annotation is Any or any(map(_is_free, get_args(annotation)))


def _struct_in(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return annotation
    return next(filter(None, map(_struct_in, get_args(annotation))), None)
