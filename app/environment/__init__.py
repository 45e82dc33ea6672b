"""Settings: frozen structs whose fields name their environment variables."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar, get_type_hints

import msgspec
from msgspec.structs import FieldInfo, fields

from app.environment import checks
from app.environment.secrets import SECRET_BYTES, UNGUESSABLE, Secret, SigningSecret

__all__ = [
    "SECRET_BYTES",
    "UNGUESSABLE",
    "Problem",
    "Secret",
    "Section",
    "SettingsError",
    "SigningSecret",
    "Variable",
    "checks",
    "env",
    "read_section",
    "variables",
]

Section = TypeVar("Section", bound=msgspec.Struct)


class Problem(msgspec.Struct, frozen=True):
    """One mistake in the environment: the variable to change, and the reason."""

    variable: str
    message: str

    def __str__(self) -> str:
        return f"{self.variable}: {self.message}"


class SettingsError(Exception):
    """The environment is invalid; carries every mistake, so that the operator can correct all of them."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


class Variable(msgspec.Struct, frozen=True, kw_only=True):
    """One setting for the documentation: its variables, its meaning and its default."""

    names: tuple[str, ...]
    help: str
    expects: str
    secret: bool
    default: object


def env(
    *names: str,
    help: str,
    expects: str = "text in one line",
    check: Callable[[Any], bool] | None = None,
    pattern: str | None = None,
    **limits: Any,
) -> msgspec.Meta:
    """Metadata for `Annotated`: the field is read from the first of `names` that is set and not empty.

    `expects` ends the sentence "expected …" in an error, and `check` enforces it where the type, `pattern` and
    `limits`, those of `msgspec.Meta` (`ge`, `le`, …), leave more open; a secret is revealed to it. Numbers are finite
    and texts are one line whatever it says. A custom type needs a class method `parse` that raises `ValueError`.
    """
    extra = {"env": names, "expects": expects, "check": check}
    return msgspec.Meta(description=help, pattern=pattern, extra=extra, **limits)


def read_section(section: type[Section], environ: Mapping[str, str], problems: list[Problem]) -> Section:
    """Build `section` from `environ`; every mistake is appended to `problems` and its default used instead.

    An empty variable counts as absent. Values of secrets never appear in a problem.
    """
    hints = _hints(section)
    values: dict[str, object] = {}
    for field in fields(section):
        variable = _variable(field)
        name = next((name for name in variable.names if environ.get(name, "").strip()), None)
        if name is None:
            continue
        raw = environ[name].strip()
        try:
            value = msgspec.convert(raw, hints[field.name], strict=False, dec_hook=_decode, str_keys=True)
            if not _is_expected(value, field):
                raise msgspec.ValidationError
            values[field.name] = value
        except (msgspec.ValidationError, UnicodeEncodeError):
            # Bytes that are not UTF-8 arrive as lone surrogates, which msgspec refuses. An address may contain a
            # password.
            shown = "" if variable.secret or "@" in raw else f", got {raw!r}"
            problems.append(Problem(name, f"expected {variable.expects}{shown}"))
    return section(**values)


def variables(section: type[msgspec.Struct]) -> Iterator[Variable]:
    """Variables of `section` in order, for `.env.example`, the documentation and its tests."""
    return map(_variable, fields(section))


@cache
def _hints(section: type[msgspec.Struct]) -> Mapping[str, Any]:
    return get_type_hints(section, include_extras=True)


def _is_expected(value: object, field: FieldInfo) -> bool:
    match value:
        case None:
            return False  # msgspec reads `null` as None, which a variable must not be.
        case float() if not math.isfinite(value):
            return False
        case str() if not checks.printable(value):
            return False
    check: Callable[[Any], bool] | None = (_metadata(field.type).extra or {})["check"]
    return check is None or bool(check(value.reveal() if isinstance(value, Secret) else value))


def _decode(kind: type[Any], value: object) -> object:
    if kind is Secret:
        return Secret(str(value))
    if hasattr(kind, "parse"):
        return kind.parse(str(value))
    raise NotImplementedError(kind)


def _variable(field: FieldInfo) -> Variable:
    meta = _metadata(field.type)
    extra = meta.extra or {}
    return Variable(
        names=extra["env"],
        help=meta.description or "",
        expects=extra["expects"],
        secret="Secret" in str(field.type),
        default=None if field.default is msgspec.NODEFAULT else field.default,
    )


def _metadata(annotation: Any) -> msgspec.Meta:
    for item in getattr(annotation, "__metadata__", ()):
        if isinstance(item, msgspec.Meta) and item.extra and "env" in item.extra:
            return item
    raise TypeError(f"a setting needs env(...) in its annotation: {annotation!r}")
