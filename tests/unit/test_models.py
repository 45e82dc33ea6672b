"""Which models a message may ask for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.application.conversation.model_catalog import ModelCatalog
from app.domain.errors import InvalidInputError
from app.domain.model_ref import ModelRef, ModelRefs

DEFAULT, OTHER, TWIN = ModelRef("a", "one"), ModelRef("b", "x/two"), ModelRef("b", "one")
CATALOG = ModelCatalog({}, DEFAULT, allowed=[OTHER, TWIN], fallbacks=[OTHER, DEFAULT])


def test_no_wish_is_the_default() -> None:
    assert CATALOG.choose(None) == CATALOG.choose("") == DEFAULT


def test_an_offered_model_is_chosen_by_its_id_or_its_bare_name() -> None:
    assert CATALOG.choose("b/x/two") == CATALOG.choose("x/two") == OTHER
    assert CATALOG.choose("b/one") == TWIN


@pytest.mark.parametrize("wish", ["gpt-9", "b/", "one", "a/two"])
def test_anything_else_is_refused_with_what_can_be_had(wish: str) -> None:
    with pytest.raises(InvalidInputError, match="b/x/two"):
        CATALOG.choose(wish)


def test_fallbacks_follow_the_chosen_model_each_once() -> None:
    assert CATALOG.candidates(DEFAULT) == (DEFAULT, OTHER)
    assert CATALOG.candidates(TWIN) == (TWIN, OTHER, DEFAULT)


NAMES = st.text(st.characters(exclude_characters=",/", exclude_categories=["Cs", "Z", "C"]), min_size=1)


@given(st.lists(st.builds(ModelRef, NAMES, NAMES)))
def test_a_list_of_models_reads_back_as_it_was_written(refs: list[ModelRef]) -> None:
    assert ModelRefs.parse(str(ModelRefs(*refs))) == ModelRefs(*refs)


@pytest.mark.parametrize("text", ["gemini", "/x", "gemini/", "a/b,c"])
def test_what_is_no_model_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="provider/model"):
        ModelRefs.parse(text)
