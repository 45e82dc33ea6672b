"""Longest files first, so that no worker is still running one of them when the others have ended."""

from pathlib import Path
from typing import Final

import pytest

from tests.server import ROOT

LONGEST: Final = (
    "e2e/test_bad_requests.py",
    "e2e/test_fuzz.py",
    "faults/test_server_faults.py",
    "e2e/test_secrets.py",
    "browser/test_live.py",
    "e2e/test_providers.py",
    "integration/test_egress.py",
    "contracts/test_litellm_isolation.py",
    "e2e/test_doctor.py",
    "contracts/test_stateful_storage.py",
    "architecture/test_start.py",
    "integration/test_mcp_client.py",
    "integration/test_migrations_steps.py",
    "browser/test_example.py",
    "faults/test_wrong_clocks.py",
    "e2e/test_environment_of_libraries.py",
    "browser/test_chat.py",
    "e2e/test_layers_fail.py",
    "integration/test_sql_commands.py",
    "e2e/test_changes_of_replicas.py",
    "integration/test_sql_concurrency.py",
    "integration/test_litellm_import.py",
    "e2e/test_one_turn_a_thread.py",
    "faults/test_sqlite_neighbours.py",
    "e2e/test_conformance.py",
    "architecture/test_imports.py",
    "e2e/test_retry_elsewhere.py",
    "e2e/test_plugin.py",
    "browser/test_composer.py",
    "integration/test_demo.py",
    "browser/test_access.py",
    "browser/test_hostile.py",
    "faults/test_descriptors.py",
    "e2e/test_idempotency_of_replicas.py",
    "integration/test_erasure.py",
    "e2e/test_replicas.py",
    "browser/test_frames.py",
    "integration/test_round_trips.py",
    "e2e/test_commands.py",
    "contracts/test_litellm.py",
    "browser/test_host_page.py",
    "e2e/test_start.py",
    "contracts/test_thread_paging.py",
)
"""Files by their measured time, longest first; each takes 15 seconds or more on a busy machine."""

_PLACES: Final = {ROOT / "tests" / name: place for place, name in enumerate(LONGEST)}


def longest_first(items: list[pytest.Item]) -> None:
    """Order the tests by the time of their files; tests of other files keep their order."""
    items.sort(key=lambda item: (_PLACES.get(item.path, len(LONGEST)), _folder(item.path)))


def _folder(path: Path) -> int:
    """True for tests that start processes or a browser, which come before all others."""
    return not {"e2e", "faults", "browser", "integration"} & set(path.parts)
