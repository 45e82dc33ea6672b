"""Failures of a request, as problem documents (RFC 9457) with the top-level `message` that ChatKit's client reads."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import chatkit.store
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.exceptions import ValidationException as LitestarValidationException

from app.domain import errors
from app.domain.language import _
from app.entrypoints.chatkit.errors import GENERIC
from app.entrypoints.http.request_id import request_id

log = structlog.get_logger(__name__)

_STATUS: dict[type[errors.AnyportError], HTTPStatus] = {
    errors.UnauthenticatedError: HTTPStatus.UNAUTHORIZED,
    errors.ForbiddenOriginError: HTTPStatus.FORBIDDEN,
    errors.LoginUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.TooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.InvalidInputError: HTTPStatus.BAD_REQUEST,
    errors.NotFoundError: HTTPStatus.NOT_FOUND,
    errors.StaleVersionError: HTTPStatus.PRECONDITION_FAILED,
    errors.ConflictError: HTTPStatus.CONFLICT,
    errors.LimitError: HTTPStatus.TOO_MANY_REQUESTS,
    errors.NotEnabledError: HTTPStatus.BAD_REQUEST,
    errors.CapacityError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.ClosingError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.StoreUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
}


def problem(request: Request[Any, Any, Any], status: int, code: str, message: str) -> Response[dict[str, object]]:
    """A problem document; it carries the id under which the log has the request."""
    return Response(
        {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "code": code,
            "message": message,
            "request_id": request_id(request.scope),
        },
        status_code=status,
        media_type="application/problem+json",
    )


def known(request: Request[Any, Any, Any], error: errors.AnyportError) -> Response[dict[str, object]]:
    """One of our own errors: its class says which status."""
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), HTTPStatus.BAD_GATEWAY)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.warning("request failed", code=error.code, actor=error.actor, detail=error.detail)
    response = problem(request, status, error.code, error.message)
    if isinstance(error, errors.UnauthenticatedError):
        log.info("login refused", detail=error.detail or "no token")
        response.headers["WWW-Authenticate"] = 'Bearer realm="anyport"' + (
            ', error="invalid_token"' * bool(error.detail)
        )
    if isinstance(error, errors.LimitError | errors.CapacityError | errors.ClosingError | errors.LoginUnavailableError):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def not_found(request: Request[Any, Any, Any], error: chatkit.store.NotFoundError) -> Response[dict[str, object]]:
    """ChatKit's own: an id that does not exist for this user."""
    return problem(request, HTTPStatus.NOT_FOUND, "not_found", str(error) or _("There is nothing of that id."))


def http(request: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, object]]:
    """Litestar's own: no such route, wrong method, wrong parameter, body too large; its mistakes are ours."""
    if error.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return unexpected(request, error)
    message = error.detail
    if isinstance(error, LitestarValidationException) and isinstance(error.extra, list):
        fields = [f"{entry.get('key', 'body')}: {entry['message']}" for entry in error.extra if "message" in entry]
        message = "; ".join(fields) or message
    elif error.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        message = "The request is too large. Send less at once; the operator can allow more with MAX_BODY_BYTES."
    response = problem(request, error.status_code, HTTPStatus(error.status_code).name.lower(), message)
    response.headers.update(error.headers or {})
    return response


def unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, object]]:
    """A mistake of ours: all of it goes into the log, none of it to the client."""
    log.exception("request crashed", exc_info=error)
    return problem(request, HTTPStatus.INTERNAL_SERVER_ERROR, "internal", _(GENERIC))


HANDLERS: dict[int | type[Exception], Callable[..., Response[Any]]] = {
    errors.AnyportError: known,
    chatkit.store.NotFoundError: not_found,
    HTTPException: http,
    Exception: unexpected,
}
