"""Two lanes of tests: `make test` proves the project in minutes, `make test-all` runs the slow ones as well.

Slow tests repeat (fuzzing, fault tables of every provider), wait (leases that expire, rolling restarts), or need a
browser. The contracts of the same code run in the quick lane on every adapter.
"""

from typing import Final

import pytest

from tests.server import ROOT

SLOW: Final = (
    "browser",
    "faults",
    "contracts/test_litellm.py",
    "contracts/test_litellm_isolation.py",
    "contracts/test_litellm_reasoning.py",
    "e2e/test_bad_requests.py",
    "e2e/test_brought_recovery.py",
    "e2e/test_conformance.py",
    "e2e/test_deep_input.py",
    "e2e/test_front_end_build.py",
    "e2e/test_fuzz.py",
    "e2e/test_giants.py",
    "e2e/test_keep_alive.py",
    "e2e/test_layers_fail.py",
    "e2e/test_long_texts.py",
    "e2e/test_plugin.py",
    "e2e/test_retry_elsewhere.py",
    "e2e/test_rolling_restart.py",
    "e2e/test_secrets.py",
    "integration/test_egress.py",
    "integration/test_litellm_import.py",
)
"""Folders and files below `tests`."""

_PLACES: Final = tuple(ROOT / "tests" / name for name in SLOW)


def mark_slow(items: list[pytest.Item]) -> None:
    """Mark the tests of the slow lane, so that `-m "not slow"` leaves them out."""
    for item in items:
        if any(item.path.is_relative_to(place) for place in _PLACES):
            item.add_marker(pytest.mark.slow)
