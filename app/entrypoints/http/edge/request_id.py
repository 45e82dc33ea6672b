"""Request ids: one for each request, in its response and in all its log lines."""

import re
import time

import structlog
from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from app.domain.ids import new_id

HEADER = "x-request-id"
_RAW_HEADER = HEADER.encode()
_KEY = "anyport_request_id"
_VALID = re.compile(r"[\w.-]{1,80}")

log = structlog.get_logger(__name__)


def request_id(scope: Scope) -> str:
    """Return the id of the request; empty outside the middleware."""
    return str(scope.get("state", {}).get(_KEY, ""))


def assign_request_ids(app: ASGIApp) -> ASGIApp:
    """Assign each request an id, and log one line for it; a valid `X-Request-Id` of a proxy is used as it is.

    Wraps the whole application, because Litestar's own middleware does not run for unknown routes.
    """

    async def identified(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        given = Headers.from_scope(scope).get(HEADER, "")
        id_ = given if _VALID.fullmatch(given) else new_id("req")
        scope.setdefault("state", {})[_KEY] = id_
        status = 0

        async def send_identified(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
                others = [header for header in message["headers"] if header[0].lower() != _RAW_HEADER]
                message["headers"] = [*others, (_RAW_HEADER, id_.encode())]
            await send(message)

        started = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=id_):
            try:
                await app(scope, receive, send_identified)
            except Exception as error:
                log.exception("response aborted", exc_info=error)
                raise
            finally:
                elapsed = round((time.perf_counter() - started) * 1000)
                log.info("request", method=scope["method"], path=scope["path"], status=status, ms=elapsed)

    return identified
