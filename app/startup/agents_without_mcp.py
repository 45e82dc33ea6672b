"""The Agents SDK without MCP's package, of which its own MCP servers catch one error and nobody else wants anything.

It imports `mcp` for that error whenever it is imported itself: a tenth of a start. We have MCP clients of our own.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.abc import MetaPathFinder
from types import ModuleType
from typing import Any, Final

SOURCE: Final = "mcp.shared.exceptions"
ERROR: Final = "MCPError"
KEEPERS: Final = ("agents.mcp._compat", "agents.mcp.util")
"""The modules of the Agents SDK that hold the error once `agents` is imported."""

SERVERS: Final = "agents.mcp.server"
"""Whoever wants the SDK's own MCP servers imports this."""


class StandIn(Exception):  # noqa: N818  # it is never raised
    """What the SDK is told the error is, until its own MCP servers are imported."""


@contextmanager
def mcp_stood_in_for() -> Iterator[None]:
    """For the import of `agents`. Its own MCP servers, when somebody imports them, get the real error."""
    if SOURCE in sys.modules:
        yield
        return
    module: Any = ModuleType(SOURCE)
    setattr(module, ERROR, StandIn)
    sys.modules[SOURCE] = module
    sys.meta_path.insert(0, _TellTheTruth())
    try:
        yield
    finally:
        del sys.modules[SOURCE]


class _TellTheTruth(MetaPathFinder):
    """Finds nothing: it is asked before anything is imported, and takes the moment."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        if fullname == SERVERS:
            error = getattr(import_module(SOURCE), ERROR)
            for name in KEEPERS:
                setattr(sys.modules[name], ERROR, error)
