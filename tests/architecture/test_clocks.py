"""What orders or ends things for several machines is not stamped with one machine's clock."""

import ast
from pathlib import Path

APP = Path(__file__).parents[2] / "app"

OWN = {
    "domain/clock.py": "sets the process's clock right",
    "application/health/timekeeping.py": "measures how far it is off",
    "adapters/stores/memory/__init__.py": "is the storage's clock where there is one process",
    "adapters/providers/shared/errors.py": "a provider's own times, against this machine's",
    "adapters/providers/shared/chat_completions/response.py": "a field of a response that nobody keeps",
    "adapters/providers/demo/provider.py": "the day that the demo speaks of",
    "adapters/auth/login_token.py": "a token that somebody else signed",
}
"""The files that read it, and why they may."""


def reads_the_clock(path: Path) -> bool:
    called = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    names = {ast.unparse(function) for function in called}
    return bool(names & {"dt.datetime.now", "datetime.now", "dt.date.today", "time.time", "time.time_ns"})


def test_only_these_read_the_machines_clock() -> None:
    found = {path.relative_to(APP).as_posix() for path in APP.rglob("*.py") if reads_the_clock(path)}
    assert found == OWN.keys()
