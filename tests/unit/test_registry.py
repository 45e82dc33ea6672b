"""Finding provider plugins, over real package metadata in a directory of the test's own."""

from collections.abc import Callable
from importlib.metadata import EntryPoint, distributions
from pathlib import Path
from textwrap import dedent

import pytest

from app.adapters.providers.registry import GROUP, DuplicateProviderError, discover

GOOD = """
    import msgspec
    from app.ports.model_provider import ProviderPlugin

    class Settings(msgspec.Struct, frozen=True):
        pass

    def plugin_named(name, settings=Settings):
        return ProviderPlugin(
            name=name, settings=settings, build=lambda _: None, missing=lambda _: "", detect=lambda _: False
        )
"""

Install = Callable[..., list[EntryPoint]]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Write a package with a module and entry points; returns the entry points of all packages so far."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(package: str, source: str, **points: str) -> list[EntryPoint]:
        (tmp_path / f"{package}.py").write_text(dedent(GOOD) + dedent(source))
        info = tmp_path / f"{package}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        lines = "\n".join(f"{name} = {package}:{attribute}" for name, attribute in points.items())
        (info / "entry_points.txt").write_text(f"[{GROUP}]\n{lines}\n")
        found = (entry for dist in distributions(path=[str(tmp_path)]) for entry in dist.entry_points)
        return sorted(found, key=lambda entry: entry.value)

    return write


def test_plugins_are_found_by_name(install: Install) -> None:
    install("one_provider", "plugin = plugin_named('one')", one="plugin")
    entries = install("two_provider", "plugin = plugin_named('two')", two="plugin")

    found = discover(entries)

    assert {name: plugin.name for name, plugin in found.plugins.items()} == {"one": "one", "two": "two"}
    assert found.failures == {}


def test_two_packages_with_one_name_are_both_named(install: Install) -> None:
    install("acme_llm", "plugin = plugin_named('llm')", llm="plugin")
    entries = install("zeta_llm", "plugin = plugin_named('llm')", llm="plugin")

    with pytest.raises(DuplicateProviderError) as caught:
        discover(entries)

    assert caught.value.name == "llm"
    assert "acme_llm 1.0 (acme_llm:plugin)" in caught.value.message
    assert "zeta_llm 1.0 (zeta_llm:plugin)" in caught.value.message


BROKEN = {
    "absent_module": ("import a_package_that_nobody_has", "No module named 'a_package_that_nobody_has'"),
    "raises": ("raise RuntimeError('out of order')", "RuntimeError: out of order"),
    "no_object": ("", "has no attribute 'plugin'"),
    "other_object": ("plugin = 'hello'", "expected a ProviderPlugin, found str"),
    "other_name": ("plugin = plugin_named('another')", "calls itself 'another', its entry point 'bad'"),
    "no_struct": ("plugin = plugin_named('bad', settings=dict)", "TypeError"),
    "no_variable": (
        """
        class Bare(msgspec.Struct):
            key: str = ""

        plugin = plugin_named("bad", settings=Bare)
        """,
        "a setting needs env",
    ),
    "no_default": (
        """
        from typing import Annotated
        from app.environment import env

        class Strict(msgspec.Struct):
            key: Annotated[str, env("KEY", help="Needed.")]

        plugin = plugin_named("bad", settings=Strict)
        """,
        "Missing required argument 'key'",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_plugin_is_reported_and_leaves_the_others_alone(install: Install, case: str) -> None:
    source, reason = BROKEN[case]
    package = f"bad_{case}"
    install(package, source, bad="plugin")
    entries = install(f"{package}_sibling", "plugin = plugin_named('good')", good="plugin")

    found = discover(entries)

    assert list(found.plugins) == ["good"]
    assert list(found.failures) == ["bad"]
    assert found.failures["bad"].startswith(f"{package} 1.0 ({package}:plugin): ")
    assert reason in found.failures["bad"]


def test_an_entry_point_without_a_package_still_says_where_it_points() -> None:
    found = discover([EntryPoint(name="lost", value="app.nowhere:plugin", group=GROUP)])

    assert "an unknown package (app.nowhere:plugin)" in found.failures["lost"]


def test_the_built_in_providers_are_found_by_the_same_entry_points() -> None:
    found = discover()

    assert {"demo", "gemini", "openai", "litellm"} <= set(found.plugins)
    assert found.failures == {}
