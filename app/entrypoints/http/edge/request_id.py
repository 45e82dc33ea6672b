"""A name for every request, the same in its answer and in all log lines that it causes."""

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
_FIT = re.compile(r"[\w.-]{1,80}")

log = structlog.get_logger(__name__)


def request_id(scope: Scope) -> str:
    """The id of the request; empty outside the middleware."""
    return str(scope.get("state", {}).get(_KEY, ""))


def name_requests(app: ASGIApp) -> ASGIApp:
    """Give each request an id, the proxy's `X-Request-Id` when it is fit to be logged, and log one line for it.

    Wraps the whole application: Litestar's own middleware never sees a request that no route takes.
    """

    async def named(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        given = Headers.from_scope(scope).get(HEADER, "")
        name = given if _FIT.fullmatch(given) else new_id("req")
        scope.setdefault("state", {})[_KEY] = name
        status = 0

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
                others = [header for header in message["headers"] if header[0].lower() != _RAW_HEADER]
                message["headers"] = [*others, (_RAW_HEADER, name.encode())]
            await send(message)

        started = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=name):
            try:
                await app(scope, receive, send_named)
            except Exception as error:
                log.exception("the answer broke off", exc_info=error)
                raise
            finally:
                elapsed = round((time.perf_counter() - started) * 1000)
                log.info("request", method=scope["method"], path=scope["path"], status=status, ms=elapsed)

    return named
