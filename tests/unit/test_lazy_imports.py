"""Lazy package imports: names are imported when they are used."""

import gc
import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from app.patches.absent_packages import absent
from app.patches.garbage_collection import uncollected
from app.patches.lazy_imports import Export, exports, is_whole, make_lazy

pytestmark = pytest.mark.usefixtures("patches_on")


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A package that imports its two modules, one of them heavy, and has a name of its own."""
    package = tmp_path / "largelib"
    package.mkdir()
    own = "HEAVY = Heavy.__name__\n__all__ = ['Heavy', 'light', 'HEAVY']\n"
    (package / "__init__.py").write_text(f"from .heavy import Heavy\nfrom .light import turn_on as light\n{own}")
    (package / "heavy.py").write_text("class Heavy: ...\n")
    (package / "light.py").write_text("def turn_on(): return 'on'\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    finders = list(sys.meta_path)
    make_lazy({"largelib"})
    try:
        yield importlib.import_module("largelib")
    finally:
        sys.meta_path[:] = finders
        for name in [name for name in sys.modules if name.partition(".")[0] == "largelib"]:
            del sys.modules[name]


def test_a_name_brings_its_own_module_alone(library: ModuleType) -> None:
    assert library.light() == "on"
    assert "largelib.light" in sys.modules
    assert "largelib.heavy" not in sys.modules


def test_a_submodule_can_be_asked_for(library: ModuleType) -> None:
    assert library.heavy.Heavy.__name__ == "Heavy"
    assert "largelib.light" not in sys.modules


def test_a_name_means_the_same_when_a_module_of_that_name_was_imported_before(library: ModuleType) -> None:
    importlib.import_module("largelib.light")
    assert library.light() == "on"


def test_a_name_that_no_import_explains_runs_the_package(library: ModuleType) -> None:
    heavy = library.Heavy
    assert library.HEAVY == "Heavy"
    assert library.Heavy is heavy
    assert is_whole(library)


def test_a_star_import_gets_everything(library: ModuleType) -> None:
    assert sorted(name for name in library.__all__ if hasattr(library, name)) == ["HEAVY", "Heavy", "light"]


@pytest.mark.parametrize("read", [vars, lambda package: package.__dict__], ids=["vars", "__dict__"])
def test_a_namespace_that_is_read_as_a_dictionary_is_whole(library: ModuleType, read: Callable[[Any], Any]) -> None:
    heavy = library.Heavy
    assert not is_whole(library)
    assert read(library)["light"]() == "on"
    assert read(library)["Heavy"] is heavy
    assert is_whole(library)


def test_a_namespace_that_is_listed_is_whole(library: ModuleType) -> None:
    assert {"HEAVY", "Heavy", "light"} <= {*dir(library)}
    assert is_whole(library)


def test_what_there_is_not_is_an_attribute_error(library: ModuleType) -> None:
    with pytest.raises(AttributeError, match="largelib"):
        _ = library.nothing
    with pytest.raises(AttributeError, match="__nothing__"):
        _ = library.__nothing__


def test_exports_know_levels_and_other_names() -> None:
    source = (
        "from . import a\nfrom .b import c as d\nfrom ..e import f\nfrom g.h import i\nif True:\n    from .k import l\n"
    )
    assert exports("top.pack", source) == {
        "a": Export("top.pack", "a"),
        "d": Export("top.pack.b", "c"),
        "f": Export("top.e", "f"),
        "i": Export("g.h", "i"),
    }


def test_an_absent_package_is_not_found_and_comes_back() -> None:
    with absent(["tabnanny", "json"]):
        assert importlib.import_module("json") is not None, "what is imported already stays"
        with pytest.raises(ImportError):
            importlib.import_module("tabnanny")
    assert importlib.import_module("tabnanny").__name__ == "tabnanny"


def test_collection_goes_on_afterwards() -> None:
    try:
        with uncollected():
            assert not gc.isenabled()
        assert gc.isenabled()
        assert gc.get_freeze_count()
    finally:
        gc.unfreeze()
