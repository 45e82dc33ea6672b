"""Lock files: each package is pinned by hash, without the address of a registry."""

import re
import tomllib
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.server import ROOT

RUNTIME, DEVELOPMENT, INSTALLER = "requirements.txt", "requirements-dev.txt", "requirements-uv.txt"


def locked(name: str) -> dict[str, str]:
    """The versions that a lock pins, by package."""
    pins = re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==([^\s;]+)", (ROOT / name).read_text(), re.MULTILINE)
    return {canonicalize_name(package): version for package, version in pins}


@pytest.mark.parametrize("name", [RUNTIME, DEVELOPMENT, INSTALLER])
def test_a_lock_has_hashes_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text()
    assert "://" not in text
    assert "--index-url" not in text
    assert "--find-links" not in text
    assert "--extra-index-url" not in text
    pins = re.split(r"\n(?=\S)", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE))
    assert pins
    for pin in pins:
        assert "==" in pin, pin
        assert "--hash=sha256:" in pin, pin


def test_what_runs_is_what_was_tested() -> None:
    assert locked(RUNTIME).items() <= locked(DEVELOPMENT).items()


def test_the_locks_satisfy_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    extras = [line for extra in project["project"]["optional-dependencies"].values() for line in extra]
    assert_satisfied(RUNTIME, [*project["project"]["dependencies"], *extras, *groups["build"]])
    assert_satisfied(DEVELOPMENT, groups["dev"])
    assert_satisfied(INSTALLER, groups["uv"])


def assert_satisfied(name: str, wanted: list[Any]) -> None:
    """Every requirement of `wanted` is pinned in a version that it allows; groups that it includes are left out."""
    pins = locked(name)
    for requirement in [Requirement(line) for line in wanted if isinstance(line, str)]:
        version = pins[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version, prereleases=True), f"make lock: {requirement} is {version}"
