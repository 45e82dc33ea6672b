"""Names of models that agents use and this server maps to other models."""

import pytest
from agents.testing import ScriptedModel

from app.application.conversation.model_catalog import ModelCatalog, UnknownModelError
from app.domain.model_ref import ModelAliases, ModelRef
from tests.integration.test_runner import ONE, OneModel


def test_a_mapped_name_leads_to_its_model_before_any_other() -> None:
    aliases = ModelAliases.parse("gpt-4.1=scripted/one, one = scripted/two/large ,")
    catalog = ModelCatalog({"scripted": OneModel(ScriptedModel([]))}, ONE, aliases=aliases.models)
    assert catalog.named("gpt-4.1") == ONE
    assert catalog.named("one") == ModelRef("scripted", "two/large")
    assert catalog.named("scripted/one") == ONE


def test_an_unknown_name_is_told_how_to_be_mapped() -> None:
    catalog = ModelCatalog({"scripted": OneModel(ScriptedModel([]))}, ONE)
    with pytest.raises(UnknownModelError) as raised:
        catalog.named("gpt-4.1")
    assert "MODEL_ALIASES=gpt-4.1=provider/model" in raised.value.detail


@pytest.mark.parametrize("text", ["gpt-4.1", "gpt-4.1=", "=openai/x", "a b=openai/x", "a=openai", "a=x/y,a=x/z"])
def test_what_maps_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|twice"):
        ModelAliases.parse(text)


def test_it_reads_what_it_writes() -> None:
    aliases = ModelAliases.parse("gpt-4.1=openai/gpt-5,gpt-4o-mini=gemini/flash")
    assert ModelAliases.parse(str(aliases)) == aliases
