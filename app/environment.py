"""How settings are declared and read: a frozen struct whose fields say which variable they come from."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar, get_type_hints

import msgspec
from msgspec.structs import FieldInfo, fields

Section = TypeVar("Section", bound=msgspec.Struct)

URL: Final = r"^https?://[^\s/]+\S*$"

SECRET_BYTES: Final = 32
_DISTINCT: Final = 8
# Long enough, and printed in the documentation of Better Auth, jwt.io and FastAPI.
_EXAMPLES: Final = frozenset(
    {
        "better-auth-secret-12345678901234567890",
        "a-string-secret-at-least-256-bits-long",
        "a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long",
        "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
    }
)


class Secret:
    """A value that never shows itself: `str()`, `repr()` and formatting give stars."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself, for the one call that needs it."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__


class SigningSecret(Secret):
    """A secret that signs tokens: who guesses it is everybody. 32 bytes or more, none of those in examples."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> "SigningSecret":
        """Take it as it is. Raises `ValueError` for one that can be guessed."""
        if len(text.encode()) < SECRET_BYTES or len(set(text)) < _DISTINCT or text in _EXAMPLES:
            raise ValueError("can be guessed")
        return cls(text)


class Problem(msgspec.Struct, frozen=True):
    """One mistake in the environment: the variable to change, and what is wrong with it."""

    variable: str
    message: str

    def __str__(self) -> str:
        return f"{self.variable}: {self.message}"


class SettingsError(Exception):
    """The environment cannot be used; carries every mistake in it, for the operator to mend at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


class Variable(msgspec.Struct, frozen=True, kw_only=True):
    """One setting as it is documented: where it is read from, what it means, what it falls back to."""

    names: tuple[str, ...]
    help: str
    expects: str
    secret: bool
    default: object


def env(*names: str, help: str, expects: str = "text", pattern: str | None = None, **limits: Any) -> msgspec.Meta:
    """Metadata for `Annotated`: the field is read from the first of `names` that is set and not empty.

    `expects` ends the sentence "expected …" in an error; `limits` are those of `msgspec.Meta` (`ge`, `le`, …).
    A type of one's own needs a class method `parse` that raises `ValueError`.
    """
    return msgspec.Meta(description=help, pattern=pattern, extra={"env": names, "expects": expects}, **limits)


def read_section(section: type[Section], environ: Mapping[str, str], problems: list[Problem]) -> Section:
    """Build `section` from `environ`; every mistake is appended to `problems` and its default used instead.

    An empty variable counts as absent. Values of secrets never appear in a problem.
    """
    hints = get_type_hints(section, include_extras=True)
    values: dict[str, object] = {}
    for field in fields(section):
        variable = _variable(field)
        name = next((name for name in variable.names if environ.get(name, "").strip()), None)
        if name is None:
            continue
        raw = environ[name].strip()
        try:
            values[field.name] = msgspec.convert(raw, hints[field.name], strict=False, dec_hook=_decode, str_keys=True)
        except (msgspec.ValidationError, UnicodeEncodeError):
            # Python shows bytes of the environment that are no UTF-8 as lone surrogates, which msgspec refuses.
            # An address may hold a password.
            shown = "" if variable.secret or "@" in raw else f", got {raw!r}"
            problems.append(Problem(name, f"expected {variable.expects}{shown}"))
    return section(**values)


def variables(section: type[msgspec.Struct]) -> Iterator[Variable]:
    """What `section` reads, in its order: for `.env.example`, the documentation and its tests."""
    return map(_variable, fields(section))


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
