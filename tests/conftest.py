"""Fixtures and hooks for all kinds of tests."""

import os
import sys
from collections.abc import AsyncIterator, Iterator

import hypothesis.internal.conjecture.optimiser
import pytest
from hypothesis import settings

from app.patches.switch import VARIABLE
from tests.lanes import mark_slow
from tests.longest_first import longest_first
from tests.postgres import Databases, postgres_url
from tests.watched_loop import longest

# Hypothesis imports this one in the middle of an example, where CPython 3.11 may fail to compile it (gh-106905).
assert hypothesis.internal.conjecture.optimiser.__name__ in sys.modules

# The time of an example depends on the load of the machine.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture(scope="session")
async def databases() -> AsyncIterator[Databases]:
    """Fresh PostgreSQL databases: `async with databases.fresh() as url`."""
    async with postgres_url() as url:
        databases = Databases(url)
        yield databases
        await databases.aclose()


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: tests wait for other processes a fifth of their time."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Mark the lanes before `-m` selects, and move long files to the front, with those that share a fixture."""
    mark_slow(items)
    yield
    longest_first(items)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the tables that tests of all processes recorded, and the steps that nearly held an event loop."""
    for report in (*terminalreporter.stats.get("passed", ()), *terminalreporter.stats.get("failed", ())):
        for name, value in report.user_properties:
            if name == "table":
                terminalreporter.write_line(f"\n{value}")
    paths: pytest.TempPathFactory = config._tmp_path_factory  # type: ignore[attr-defined]  # given to fixtures only
    if near := longest(paths.getbasetemp().rglob("server-*.held")):
        terminalreporter.write_line("\n".join(("\nSteps of event loops that took longest:", *near)))


@pytest.fixture
def patches_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Switch the patches on for a test of a patch, also under `APP_PATCHES=off make test`."""
    monkeypatch.setenv(VARIABLE, "on")
