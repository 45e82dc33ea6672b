"""Which vendor, model, address and key the LiteLLM provider takes from the environment."""

import tomllib
from collections.abc import Mapping

import pytest

from app.adapters.providers.litellm.engine import VERSION, EngineError, load
from app.adapters.providers.litellm.plugin import missing, plugin
from app.adapters.providers.litellm.settings import LitellmSettings, route
from app.adapters.providers.litellm.vendors import VENDORS
from app.environment import Problem, read_section
from tests.server import ROOT


def read(**environ: str) -> LitellmSettings:
    """The settings that these variables give."""
    problems: list[Problem] = []
    settings = read_section(LitellmSettings, environ, problems)
    assert problems == []
    return settings


KEYS = {
    "gemini": "GEMINI_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "openrouter": "OPENROUTER_API_KEY",
    "openai": "OPENAI_API_KEY",
    "mistral": "MISTRAL_API_KEY",
    "groq": "GROQ_API_KEY",
    "deepseek": "DEEPSEEK_API_KEY",
    "xai": "XAI_API_KEY",
}


@pytest.mark.parametrize(("prefix", "variable"), KEYS.items())
def test_a_vendors_own_key_is_picked_by_the_prefix(prefix: str, variable: str) -> None:
    settings = read(LITELLM_MODEL=f"{prefix}/some-model", **{name: f"of-{name}" for name in KEYS.values()})
    way = route(settings)
    assert way.model == f"{prefix}/some-model"
    assert way.api_key.reveal() == f"of-{variable}"
    assert way.key_variable == variable
    assert way.base_url == VENDORS[prefix].base_url
    assert missing(settings) == ""


@pytest.mark.parametrize(("prefix", "variable"), [*KEYS.items(), ("azure", "AZURE_API_KEY")])
def test_a_missing_key_is_named_with_where_to_get_one(prefix: str, variable: str) -> None:
    settings = read(LITELLM_MODEL=f"{prefix}/some-model", AZURE_API_BASE="https://mine.openai.azure.com")
    assert missing(settings) == f"{variable} is not set: get a key from {VENDORS[prefix].keys_at}"


def test_litellms_own_key_and_address_go_before_the_vendors() -> None:
    way = route(
        read(
            LITELLM_MODEL="anthropic/claude-sonnet-4-5",
            LITELLM_API_KEY="mine",
            ANTHROPIC_API_KEY="theirs",
            LITELLM_BASE_URL="https://proxy.example.com",
        )
    )
    assert (way.api_key.reveal(), way.key_variable) == ("mine", "LITELLM_API_KEY")
    assert (way.base_url, way.url_variable) == ("https://proxy.example.com", "LITELLM_BASE_URL")


def test_azure_has_an_address_and_a_version_of_its_own() -> None:
    environ = {"LITELLM_MODEL": "azure/my-deployment", "AZURE_API_KEY": "k"}
    assert missing(read(**environ)) == "AZURE_API_BASE is not set: give the address of azure/… models"
    settings = read(**environ, AZURE_API_BASE="https://mine.openai.azure.com", AZURE_API_VERSION="2025-01-01-preview")
    assert missing(settings) == ""
    assert route(settings).base_url == "https://mine.openai.azure.com"
    assert settings.api_version == "2025-01-01-preview"


@pytest.mark.parametrize(
    ("environ", "model"),
    [
        ({}, "openrouter/google/gemini-2.5-flash"),
        ({"OPENROUTER_MODEL": "openai/gpt-5-mini"}, "openrouter/openai/gpt-5-mini"),
        ({"OPENROUTER_MODEL": "openrouter/openai/gpt-5-mini"}, "openrouter/openai/gpt-5-mini"),
        ({"OPENROUTER_MODEL": "openrouter/auto"}, "openrouter/openrouter/auto"),
        (
            {"OPENROUTER_MODEL": "openai/gpt-5-mini", "LITELLM_MODEL": "openrouter/x-ai/grok-4"},
            "openrouter/x-ai/grok-4",
        ),
    ],
)
def test_the_variables_of_openrouter_are_read(environ: Mapping[str, str], model: str) -> None:
    settings = read(OPENROUTER_API_KEY="sk-or-1", **environ)
    assert plugin.detect(settings)
    assert missing(settings) == ""
    assert route(settings).model == model
    assert route(settings).api_key.reveal() == "sk-or-1"


def test_nothing_set_is_nothing_wanted() -> None:
    assert not plugin.detect(read(GEMINI_API_KEY="k", OPENAI_API_KEY="k", OPENROUTER_MODEL="openai/gpt-5-mini"))
    assert missing(read()).startswith("LITELLM_MODEL is not set")


def test_a_model_without_its_vendor_is_asked_for_one() -> None:
    problems: list[Problem] = []
    read_section(LitellmSettings, {"LITELLM_MODEL": "gpt-4o"}, problems)
    said = "expected vendor/model, such as gemini/gemini-2.5-flash, got 'gpt-4o'"
    assert problems == [Problem("LITELLM_MODEL", said)]


def test_a_vendor_whose_address_is_not_known_must_be_given_one() -> None:
    assert missing(read(LITELLM_MODEL="hosted_vllm/qwen3")).startswith("LITELLM_BASE_URL is not set")
    settings = read(LITELLM_MODEL="hosted_vllm/qwen3", LITELLM_BASE_URL="http://localhost:8001/v1")
    assert missing(settings) == "", "a server of one's own may do without a key"


def test_a_missing_litellm_is_reported_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert missing(read(LITELLM_MODEL="gemini/x", GEMINI_API_KEY="k")).endswith("pip install 'anyport[litellm]'")


def test_another_version_is_not_even_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.version", lambda name: "1.82.8")
    with pytest.raises(EngineError, match=VERSION) as caught:
        load.__wrapped__()
    assert "1.82.8" in caught.value.detail


def test_the_version_is_the_one_that_is_locked_by_hash() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["optional-dependencies"]["litellm"] == [f"litellm=={VERSION}"]
    assert f"litellm=={VERSION} \\\n    --hash=sha256:" in (ROOT / "requirements.txt").read_text()
