"""Choice of the HTTP protocol class for uvicorn."""

from typing import Any, Final

import structlog

from app.patches.register import BOUNDED_CONNECTIONS

UVICORN_OWN: Final = "httptools"

log = structlog.get_logger(__name__)


def http_protocol(patience: float, connections: int) -> type[Any] | str:
    """The bounded protocol for `http=` of uvicorn, or the name of uvicorn's own where ours does not fit.

    `patience` is in seconds; `connections` is the limit of open connections, 0 for no limit.
    """
    if not BOUNDED_CONNECTIONS.is_applied():
        log.warning(
            "connections not bounded",
            change="put a proxy with timeouts in front, or install the uvicorn of the lock file",
            made_for=BOUNDED_CONNECTIONS.version,
            installed=BOUNDED_CONNECTIONS.installed(),
        )
        return UVICORN_OWN
    from app.patches.bounded_connections.protocol import bounded

    return bounded(patience, connections)
