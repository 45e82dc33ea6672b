"""All settings together, and which provider answers."""

from collections.abc import Mapping
from typing import Annotated, Any, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.providers.demo.settings import DemoSettings
from app.adapters.providers.gemini.settings import GeminiSettings
from app.adapters.providers.litellm.settings import LitellmSettings
from app.adapters.providers.openai.settings import OpenAISettings
from app.domain.model_ref import ModelRef, ModelRefs
from app.environment import Problem, Secret, SettingsError, env, variables
from app.ports.model_provider import ModelProvider, ProviderPlugin
from app.settings import SECTIONS, LogLevel, Settings, load_settings

HIDDEN = "sk-very-secret"


class Nothing(msgspec.Struct, frozen=True):
    """A provider that needs no settings."""


class Keyed(msgspec.Struct, frozen=True, kw_only=True):
    """A provider that needs a key."""

    key: Annotated[Secret, env("KEYED_KEY", help="A key.", expects="a key")] = Secret("")
    rounds: Annotated[int, env("KEYED_ROUNDS", help="Rounds.", expects="a number above 0", ge=1)] = 1


class OtherKeyed(msgspec.Struct, frozen=True, kw_only=True):
    """Another provider that needs a key."""

    key: Annotated[Secret, env("OTHER_KEY", help="A key.", expects="a key")] = Secret("")


def builds_nothing(_: Any) -> ModelProvider:
    """Settings are values: reading them must not build a provider."""
    raise AssertionError("a provider was built")


def plugin(name: str, settings: type[Any], *, rank: int = 100) -> ProviderPlugin:
    """A provider that is wanted when it has a key, and needs it if it reads one."""

    def has_key(values: Any) -> bool:
        return bool(getattr(values, "key", ""))

    def missing(values: Any) -> str:
        return "" if settings is Nothing or has_key(values) else f"{name.upper()}_KEY is not set"

    return ProviderPlugin(
        name=name, settings=settings, build=builds_nothing, missing=missing, detect=has_key, rank=rank
    )


PLUGINS = (plugin("demo", Nothing), plugin("keyed", Keyed, rank=20), plugin("other", OtherKeyed, rank=10))
READ: list[type[Any]] = [*SECTIONS.values(), Keyed, OtherKeyed]
ALL = [variable for section in READ for variable in variables(section)]
SECRETS = [name for variable in ALL if variable.secret for name in variable.names]
PLAIN = [name for variable in ALL if not variable.secret for name in variable.names]

anything = st.text(st.characters(exclude_characters="\0"))
plausible = st.sampled_from(["1", "0", "8080", "keyed", "other", "demo", "debug", "json", "keyed/a,none/b", "other/x"])
environments = st.builds(
    lambda plain, secret: plain | secret,
    st.dictionaries(st.sampled_from(PLAIN), anything | plausible),
    st.dictionaries(st.sampled_from(SECRETS), anything.map(lambda text: HIDDEN + text)),
)


def problems_of(environ: Mapping[str, str], **more: Any) -> tuple[Problem, ...]:
    """What is wrong with an environment."""
    with pytest.raises(SettingsError) as refused:
        load_settings(environ, PLUGINS, **more)
    return refused.value.problems


def outcome_of(environ: Mapping[str, str]) -> Settings | SettingsError:
    """The settings, or why there are none."""
    try:
        return load_settings(environ, PLUGINS, check_url=lambda url: "is no address" if HIDDEN in url.reveal() else "")
    except SettingsError as error:
        return error


@given(environments)
def test_any_environment_is_loaded_or_explained(environ: dict[str, str]) -> None:
    outcome = outcome_of(environ)
    if isinstance(outcome, Settings):
        assert outcome.assistant.provider in {plugin.name for plugin in PLUGINS}
        assert HIDDEN not in repr(outcome)
        return
    assert {problem.variable for problem in outcome.problems} <= {*PLAIN, *SECRETS}
    assert all(problem.message for problem in outcome.problems)
    assert HIDDEN not in f"{outcome}{outcome!r}{outcome.problems!r}"


@given(environments)
def test_an_environment_loads_without_the_variables_that_were_wrong(environ: dict[str, str]) -> None:
    # More than one round: without the first of a setting's names the next one is read.
    while isinstance(outcome := outcome_of(environ), SettingsError):
        wrong = {problem.variable for problem in outcome.problems}
        assert wrong & environ.keys()
        environ = {name: value for name, value in environ.items() if name not in wrong}


def test_an_empty_environment_gives_a_server_that_needs_nothing() -> None:
    settings = load_settings({}, PLUGINS)
    assert settings.assistant.provider == "demo"
    assert settings == Settings(
        assistant=msgspec.structs.replace(settings.assistant, provider="demo"),
        providers={"demo": Nothing(), "keyed": Keyed(), "other": OtherKeyed()},
    )


def test_every_section_is_read() -> None:
    environ = {
        "PORT": "9000",
        "APP_LOG_LEVEL": "debug",
        "DATABASE_URL": "memory://",
        "HISTORY_ITEMS": "7",
        "LLM_MODELS": "keyed/large",
        "CHATKIT_DOMAIN_KEY": "domain",
        "KEYED_KEY": "k",
        "KEYED_ROUNDS": "3",
    }
    settings = load_settings(environ, PLUGINS)
    assert (settings.server.port, settings.server.log_level) == (9000, LogLevel.DEBUG)
    assert settings.store.database_url == Secret("memory://")
    assert settings.assistant.history_items == 7
    assert settings.assistant.models == ModelRefs(ModelRef("keyed", "large"))
    assert settings.chatkit.domain_key == "domain"
    assert settings.providers["keyed"] == Keyed(key=Secret("k"), rounds=3)


@pytest.mark.parametrize(
    ("environ", "chosen"),
    [
        ({}, "demo"),
        ({"KEYED_KEY": "k"}, "keyed"),
        ({"OTHER_KEY": "k"}, "other"),
        ({"KEYED_KEY": "k", "OTHER_KEY": "k"}, "other"),
        ({"KEYED_KEY": "k", "OTHER_KEY": "k", "LLM_PROVIDER": "keyed"}, "keyed"),
        ({"KEYED_KEY": "k", "LLM_PROVIDER": "demo"}, "demo"),
    ],
)
def test_the_provider_is_the_one_named_else_the_one_of_lowest_rank_that_is_wanted(
    environ: dict[str, str], chosen: str
) -> None:
    assert load_settings(environ, PLUGINS).assistant.provider == chosen
    assert load_settings(environ, reversed(PLUGINS)).assistant.provider == chosen


def test_providers_of_equal_rank_are_ordered_by_name() -> None:
    plugins = [plugin("b", Keyed), plugin("a", Keyed), plugin("demo", Nothing)]
    assert load_settings({"KEYED_KEY": "k"}, plugins).assistant.provider == "a"


def test_an_unknown_provider_is_refused_with_those_that_are_installed() -> None:
    assert problems_of({"LLM_PROVIDER": "gemnii"}) == (
        Problem("LLM_PROVIDER", "there is no provider 'gemnii'; installed: demo, keyed, other"),
    )


def test_a_provider_without_its_key_is_refused_with_what_to_set() -> None:
    assert problems_of({"LLM_PROVIDER": "keyed"}) == (
        Problem("LLM_PROVIDER", "keyed was chosen, but KEYED_KEY is not set"),
    )


@pytest.mark.parametrize("variable", ["LLM_MODELS", "LLM_FALLBACKS"])
def test_further_models_need_their_providers_too(variable: str) -> None:
    environ = {variable: "other/a,keyed/b,nobody/c,keyed/d"}
    assert problems_of(environ) == (
        Problem(variable, "keyed was chosen, but KEYED_KEY is not set"),
        Problem(variable, "there is no provider 'nobody'; installed: demo, keyed, other"),
        Problem(variable, "other was chosen, but OTHER_KEY is not set"),
    )


def test_all_mistakes_are_reported_at_once() -> None:
    environ = {"PORT": "http", "KEYED_ROUNDS": "0", "LLM_PROVIDER": "none", "LLM_FALLBACKS": "x", "LLM_MODELS": "y/z"}
    found = problems_of(environ, check_url=lambda _: "is no address")
    assert [problem.variable for problem in found] == [
        "PORT",
        "LLM_FALLBACKS",
        "KEYED_ROUNDS",
        "DATABASE_URL",
        "LLM_PROVIDER",
        "LLM_MODELS",
    ]


def test_the_address_of_the_database_is_checked_by_the_stores() -> None:
    seen: list[str] = []

    def judge(url: Secret) -> str:
        seen.append(url.reveal())
        return "is no address"

    assert problems_of({"DATABASE_URL": "mysql://x"}, check_url=judge) == (Problem("DATABASE_URL", "is no address"),)
    assert seen == ["mysql://x"]


class Foreign(msgspec.Struct, frozen=True):
    """The settings of a provider of another package."""

    base_url: str = ""


@pytest.mark.parametrize(
    "section", [*SECTIONS.values(), OpenAISettings, GeminiSettings, LitellmSettings, DemoSettings, Foreign]
)
def test_no_password_inside_an_address_is_shown(section: type[msgspec.Struct]) -> None:
    address = f"https://operator:{HIDDEN}@models.example/v1"
    filled = section(**{name: address for name, kind in get_type_hints(section).items() if kind is str})
    shown = [f"{Settings(providers={'one': filled})}", "" if section is Foreign else f"{filled} {filled!r}"]
    assert HIDDEN not in " ".join(shown)
    assert shown[0].count("***@models.example/v1") == msgspec.structs.astuple(filled).count(address)
