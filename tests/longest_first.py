"""Which files take longest: they begin first, so that none is still at one of them when all others have ended."""

from pathlib import Path
from typing import Final

import pytest

from tests.server import ROOT

LONGEST: Final = (
    "e2e/test_providers.py",
    "e2e/test_bad_requests.py",
    "e2e/test_fuzz.py",
    "e2e/test_start.py",
    "e2e/test_one_turn_a_thread.py",
    "e2e/test_changes_of_replicas.py",
    "faults/test_server_faults.py",
    "e2e/test_secrets.py",
    "contracts/test_litellm.py",
    "contracts/test_litellm_isolation.py",
    "integration/test_egress.py",
    "contracts/test_model_provider.py",
    "e2e/test_disconnects.py",
    "e2e/test_rolling_restart.py",
    "e2e/test_replicas.py",
    "contracts/test_thread_paging.py",
    "e2e/test_conformance.py",
    "browser/test_widgets.py",
    "browser/test_chat.py",
    "browser/test_live.py",
    "browser/test_composer.py",
    "e2e/test_plugin.py",
    "e2e/test_doors.py",
    "e2e/test_limits.py",
    "e2e/test_layers_fail.py",
    "e2e/test_model_choice.py",
    "e2e/test_questions.py",
    "faults/test_stuck_readers.py",
    "faults/test_killed_server.py",
    "e2e/test_retry_elsewhere.py",
    "e2e/test_attachment_inputs.py",
    "integration/test_litellm_import.py",
    "contracts/test_attachment_storage.py",
)
"""By what they were seen to take, longest first; half a minute or more of a busy machine."""

_PLACES: Final = {ROOT / "tests" / name: place for place, name in enumerate(LONGEST)}


def longest_first(items: list[pytest.Item]) -> None:
    """Order the tests by what their files take; those that nothing is known of stay as they are."""
    items.sort(key=lambda item: (_PLACES.get(item.path, len(LONGEST)), _folder(item.path)))


def _folder(path: Path) -> int:
    """Whatever starts processes or a browser before all that does not."""
    return not {"e2e", "faults", "browser", "integration"} & set(path.parts)
