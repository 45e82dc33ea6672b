"""Type hints compared with values: which value, inside a field, has a type that the field cannot take."""

import inspect
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence, Set
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, NamedTuple, TypeVar, Union, cast, get_args, get_origin

from agents import Tool

from app.adapters.agents_sdk.assistant_checks.values import is_class, with_article

_WORDS: Final[Mapping[Any, str]] = {
    Tool: "a tool of the Agents SDK",
    str: "a text",
    bool: "True or False",
    int: "a whole number",
    float: "a number",
    NoneType: "None",
}
_LISTS: Final[Mapping[Any, tuple[tuple[type, ...], str]]] = {
    list: ((list,), "a list"),
    Sequence: ((list, tuple), "a list"),
    tuple: ((list, tuple), "a list"),
    frozenset: ((frozenset, set), "a frozenset"),
    Set: ((frozenset, set), "a set"),
}


class Mismatch(NamedTuple):
    """A value whose type does not fit; `place` is where it is in the field, such as `[2]`; `wanted` names the type."""

    place: str
    value: Any
    wanted: str


def mismatches(value: Any, hint: Any, index: str = "") -> Iterator[Mismatch]:
    """Yield the parts of `value` that do not fit `hint`; a hint of an unknown kind fits every value."""
    origin = get_origin(hint)
    if origin in {Union, UnionType}:
        yield from _mismatches_of_union(value, hint, index)
    elif origin in _LISTS:
        yield from _mismatches_of_list(value, hint, index)
    elif not _fits(value, hint):
        yield Mismatch(index, value, in_words(hint))


def in_words(hint: Any) -> str:
    """Return the type of a hint in words."""
    if hint in _WORDS:
        return _WORDS[hint]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType}:
        return " or ".join(dict.fromkeys(in_words(one) for one in arguments if one is not NoneType))
    if origin in _LISTS:
        return _LISTS[origin][1]
    if origin is Literal:
        return " or ".join(map(repr, arguments))
    if origin is Callable or origin is _CALLABLE:
        return f"a function of {_count(arguments)}"
    if origin is Annotated:
        return in_words(arguments[0])
    return with_article(getattr(origin or hint, "__name__", "value"))


_CALLABLE: Final = get_origin(Callable[[], None])


def _mismatches_of_union(value: Any, hint: Any, index: str) -> Iterator[Mismatch]:
    found = [[*mismatches(value, one, index)] for one in get_args(hint)]
    if all(found):
        inside = [one for one in found if any(problem.place != index for problem in one)]
        yield from inside[0] if inside else [Mismatch(index, value, in_words(hint))]


def _mismatches_of_list(value: Any, hint: Any, index: str) -> Iterator[Mismatch]:
    types, words = _LISTS[get_origin(hint)]
    if isinstance(value, types):
        for number, member in enumerate(cast(Iterable[Any], value)):
            yield from mismatches(member, get_args(hint)[0], f"{index}[{number}]")
    else:
        yield Mismatch(index, value, words)


def _fits(value: Any, hint: Any) -> bool:
    origin = get_origin(hint)
    if hint is Any or isinstance(hint, TypeVar):
        return True
    if hint is None or hint is NoneType:
        return value is None
    if origin is Literal:
        return isinstance(value, str | int) and value in get_args(hint)
    if origin is _CALLABLE:
        return _is_callable(value, get_args(hint))
    if origin is Annotated:
        return _fits(value, get_args(hint)[0])
    if hasattr(hint, "__total__"):  # a TypedDict, of `typing` or of `typing_extensions`
        return isinstance(value, Mapping)
    known = origin or hint
    if known is float:
        return isinstance(value, int | float)
    return isinstance(value, known) if isinstance(known, type) else True


def _is_callable(value: Any, arguments: tuple[Any, ...]) -> bool:
    if not callable(value) or is_class(value):
        return False
    parameters, result = arguments
    if inspect.iscoroutinefunction(value) and not _may_be_awaited(result):
        return False
    if parameters is Ellipsis:
        return True
    try:
        inspect.signature(value).bind(*parameters)
    except TypeError:
        return False
    except ValueError:  # a function of C without a signature
        return True
    return True


def _may_be_awaited(result: Any) -> bool:
    return result is Any or get_origin(result) is Awaitable or any(_may_be_awaited(one) for one in get_args(result))


def _count(arguments: tuple[Any, ...]) -> str:
    if not arguments or arguments[0] is Ellipsis:
        return "any arguments"
    count = len(arguments[0])
    kind = "" if _may_be_awaited(arguments[1]) else ", not async"
    return f"{count} argument{'s' * (count != 1)}{kind}"
