"""Reading a section of settings from an environment."""

from enum import StrEnum
from typing import Annotated

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.domain.model_ref import ModelRef, ModelRefs
from app.environment import Problem, Secret, SettingsError, checks, env, read_section, variables

HIDDEN = "sk-very-secret"


class Color(StrEnum):
    """Something to choose from."""

    RED = "red"
    BLUE = "blue"


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A setting of every type."""

    text: Annotated[str, env("TEXT", help="Any text.")] = "default"
    number: Annotated[int, env("NUMBER", help="A number.", expects="a number from 1 to 9", ge=1, le=9)] = 5
    ratio: Annotated[float, env("RATIO", help="A part.", expects="a number above 0", gt=0)] = 0.5
    flag: Annotated[bool, env("FLAG", help="Yes or no.", expects="true or false")] = False
    color: Annotated[Color, env("COLOR", help="A color.", expects="red or blue")] = Color.RED
    address: Annotated[str, env("ADDRESS", help="An address.", expects="an http(s) URL", check=checks.base_url)] = ""
    models: Annotated[ModelRefs, env("MODELS", help="Models.", expects="provider/model")] = ModelRefs()
    key: Annotated[Secret, env("KEY", "OLD_KEY", help="A key.", expects="a key")] = Secret("")
    pin: Annotated[Secret | None, env("PIN", help="Another key.", expects="a key")] = None


NAMES = [name for variable in variables(Section) for name in variable.names]

# Python shows bytes that are no UTF-8 as lone surrogates; a NUL cannot be in an environment.
anything = st.text(st.characters(exclude_characters="\0"))
plausible = st.sampled_from(["1", "0", "-1", "1e3", "nan", "true", "red", "null", "a/b,c/d", "/", "http://x", " 7 "])


@given(st.dictionaries(st.sampled_from(NAMES), anything | plausible))
@example({"NUMBER": "9" * 5000})
@example(dict.fromkeys(NAMES, "\udcff"))
def test_any_environment_is_read_or_explained(environ: dict[str, str]) -> None:
    problems: list[Problem] = []
    section = read_section(Section, environ, problems)
    assert 1 <= section.number <= 9
    assert section.ratio > 0
    for problem in problems:
        assert environ[problem.variable].strip() != ""
        assert problem.message.startswith("expected ")
    defaults = read_section(Section, {}, [])
    for variable, field in zip(variables(Section), Section.__struct_fields__, strict=True):
        if any(problem.variable in variable.names for problem in problems):
            assert getattr(section, field) == getattr(defaults, field)


@given(anything)
def test_a_secret_is_in_nothing_that_is_shown(text: str) -> None:
    problems: list[Problem] = []
    environ = dict.fromkeys(("KEY", "PIN"), f"{HIDDEN}{text}")
    section = read_section(Section, environ, problems)
    assert HIDDEN not in f"{section}{section!r}{SettingsError(problems)}{problems!r}"


def test_values_are_taken_as_their_types() -> None:
    environ = {
        "TEXT": "  spaced  out ",
        "NUMBER": "7",
        "RATIO": "0.25",
        "FLAG": "true",
        "COLOR": "blue",
        "ADDRESS": "https://example.org/v1",
        "MODELS": "gemini/flash, openai/gpt",
        "KEY": "k",
        "PIN": "p",
    }
    problems: list[Problem] = []
    assert read_section(Section, environ, problems) == Section(
        text="spaced  out",
        number=7,
        ratio=0.25,
        flag=True,
        color=Color.BLUE,
        address="https://example.org/v1",
        models=ModelRefs(ModelRef("gemini", "flash"), ModelRef("openai", "gpt")),
        key=Secret("k"),
        pin=Secret("p"),
    )
    assert problems == []


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("NUMBER", "10", "expected a number from 1 to 9, got '10'"),
        ("NUMBER", "two", "expected a number from 1 to 9, got 'two'"),
        ("RATIO", "nan", "expected a number above 0, got 'nan'"),
        ("RATIO", "inf", "expected a number above 0, got 'inf'"),
        ("TEXT", "two\nlines", r"expected text in one line, got 'two\nlines'"),
        ("FLAG", "maybe", "expected true or false, got 'maybe'"),
        ("COLOR", "green", "expected red or blue, got 'green'"),
        ("ADDRESS", "example.org", "expected an http(s) URL, got 'example.org'"),
        ("MODELS", "gpt", "expected provider/model, got 'gpt'"),
        ("NUMBER", "\udcff", r"expected a number from 1 to 9, got '\udcff'"),
    ],
)
def test_a_mistake_says_what_is_expected_and_what_was_given(name: str, value: str, message: str) -> None:
    problems: list[Problem] = []
    assert read_section(Section, {name: value}, problems) == Section()
    assert problems == [Problem(name, message)]


def test_the_password_in_a_bad_address_is_not_repeated() -> None:
    problems: list[Problem] = []
    read_section(Section, {"ADDRESS": f"htp://user:{HIDDEN}@host/"}, problems)
    assert [str(problem) for problem in problems] == ["ADDRESS: expected an http(s) URL"]


def test_every_mistake_is_reported_at_once() -> None:
    problems: list[Problem] = []
    read_section(Section, {"NUMBER": "0", "COLOR": "green", "FLAG": "x", "TEXT": "fine"}, problems)
    assert [problem.variable for problem in problems] == ["NUMBER", "FLAG", "COLOR"]
    assert str(SettingsError(problems)).splitlines() == [str(problem) for problem in problems]


@pytest.mark.parametrize("empty", ["", " ", "\t\n"])
def test_an_empty_variable_counts_as_absent(empty: str) -> None:
    problems: list[Problem] = []
    assert read_section(Section, dict.fromkeys(NAMES, empty), problems) == Section()
    assert problems == []


def test_the_first_name_that_is_set_counts() -> None:
    assert read_section(Section, {"KEY": "new", "OLD_KEY": "old"}, []).key == Secret("new")
    assert read_section(Section, {"KEY": " ", "OLD_KEY": "old"}, []).key == Secret("old")


def test_a_secret_shows_itself_only_when_asked() -> None:
    secret = Secret(HIDDEN)
    assert secret.reveal() == HIDDEN
    for shown in (str(secret), repr(secret), f"{secret}", f"{secret!s:>40}", "%s" % secret, repr([secret])):  # noqa: UP031
        assert HIDDEN not in shown
    assert secret == Secret(HIDDEN)
    assert hash(secret) == hash(Secret(HIDDEN))
    assert secret not in {Secret("other"), HIDDEN}
    assert not Secret("")


def test_what_a_section_reads_can_be_listed() -> None:
    listed = {variable.names[0]: variable for variable in variables(Section)}
    assert list(listed) == ["TEXT", "NUMBER", "RATIO", "FLAG", "COLOR", "ADDRESS", "MODELS", "KEY", "PIN"]
    assert listed["KEY"].names == ("KEY", "OLD_KEY")
    assert [name for name, variable in listed.items() if variable.secret] == ["KEY", "PIN"]
    assert (listed["NUMBER"].help, listed["NUMBER"].default) == ("A number.", 5)


def test_a_field_without_a_variable_is_a_mistake_of_the_programmer() -> None:
    class Careless(msgspec.Struct):
        field: str = ""

    with pytest.raises(TypeError, match="needs env"):
        read_section(Careless, {}, [])
