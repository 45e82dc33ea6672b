"""Secrets: values that hide themselves, and signing secrets that must not be guessable."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

SECRET_BYTES: Final = 32
UNGUESSABLE: Final = "32 bytes or more that nobody can guess; make them with: openssl rand -base64 32"
_UNFORESEEN: Final = 20
"""Least number of unpredictable characters of a signing secret; a random one of 32 characters has about 30."""

_SEEN: Final = 3
"""Length from which repeated characters count as a repetition."""

# Rows and columns of a keyboard, as fingers run over them.
_RUNS: Final = (
    *(
        "`1234567890-=",
        "!@#$%^&*()_+",
        "qwertyuiop[]",
        "asdfghjkl;'",
        "zxcvbnm,./",
        "qwertzuiop",
        "yxcvbnm",
        "azertyuiop",
        "qsdfghjklm",
    ),
    *("1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm", "8ik,", "9ol.", "0p;/"),
)
_NEIGHBOURS: Final = frozenset(pair for run in _RUNS for way in (run, run[::-1]) for pair in pairwise(way))

# Placeholders for a secret.
_PLACEHOLDERS: Final = (
    *(
        "changeme",
        "changethis",
        "replaceme",
        "replacethis",
        "replacewith",
        "placeholder",
        "yoursecret",
        "yourjwtsecret",
    ),
    *("yoursuper", "supersecret", "secretkey", "mysecret", "examplesecret", "notsosecret", "insecure"),
)
# Examples of the documentation of Better Auth, jwt.io and FastAPI.
_EXAMPLES: Final = frozenset(
    {
        "better-auth-secret-12345678901234567890",
        "a-string-secret-at-least-256-bits-long",
        "a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long",
        "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
    }
)


class Secret:
    """A value that `str()`, `repr()` and formatting show as stars."""

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
    """A secret that signs tokens or links; a caller who guesses it can act as any user."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> "SigningSecret":
        """Build a secret from `text`. Raises `ValueError` for a guessable one."""
        if len(text.encode()) < SECRET_BYTES or is_guessable(text):
            raise ValueError("can be guessed")
        return cls(text)


def is_guessable(text: str) -> bool:
    """True for a published example, a placeholder, and mostly repetitions, sequences or runs on a keyboard."""
    letters = "".join(character for character in text.casefold() if character.isalnum())
    if text in _EXAMPLES or any(word in letters for word in _PLACEHOLDERS):
        return True
    return sum(_unforeseen(text.casefold())) < _UNFORESEEN


def _unforeseen(text: str) -> Iterator[bool]:
    """True for each unpredictable character, which neither repeats earlier ones nor continues a sequence."""
    # A repetition may start anywhere, so each position marks the characters of its own repetition.
    repeated = set[int]()
    for at in range(1, len(text) - _SEEN + 1):
        if text.find(text[at : at + _SEEN], 0, at + _SEEN - 1) >= 0:
            repeated.update(range(at, at + _SEEN))
    for at in range(len(text)):
        # Every second character too: `a1b2c3` is two sequences.
        yield at not in repeated and not any(
            _continues(text[at - 2 * by : at + 1 : by]) for by in (1, 2) if at >= 2 * by
        )


def _continues(three: str) -> bool:
    """True for `abc`, `963`, `aaa` and `qwe`."""
    (before, last), (_, character) = steps = tuple(pairwise(three))
    step = ord(last) - ord(before)
    same = ord(character) - ord(last) == step and abs(step) <= _SEEN
    return same or _NEIGHBOURS.issuperset(steps)
