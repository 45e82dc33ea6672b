"""Problem documents (RFC 9457) for failed requests, with the top-level `message` that ChatKit's client reads."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import chatkit.store
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.exceptions import ValidationException as LitestarValidationException

from app.domain import errors
from app.domain.language import _, deferred
from app.entrypoints.chatkit.errors import GENERIC
from app.entrypoints.http.edge.request_id import request_id

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


class RefusedException(HTTPException):
    """Litestar's exception with a translated sentence for the user as its `detail`."""


_INVALID: Final = deferred("This request is not valid.")
_OF_STATUS: Final[dict[int, str]] = {
    HTTPStatus.NOT_FOUND: deferred("There is nothing at this address."),
    HTTPStatus.METHOD_NOT_ALLOWED: deferred("This address does not take requests of this kind."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: deferred(
        "The request is too large. Send less at once; the operator can allow more with MAX_BODY_BYTES."
    ),
}
"""Texts for Litestar's own exceptions, whose details are English and may contain a path."""


def problem(
    request: Request[Any, Any, Any],
    status: int,
    code: str,
    message: str,
    problems: Sequence[str] = (),
    data: Mapping[str, object] | None = None,
) -> Response[dict[str, object]]:
    """Build a problem document with the request id of the log.

    `message` is for the user; `problems` become `errors`, for the client's developer; `data` adds fields of the error.
    """
    return Response(
        {
            **(data or {}),
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "code": code,
            "message": message,
            "request_id": request_id(request.scope),
            **({"errors": problems} if problems else {}),
        },
        status_code=status,
        media_type="application/problem+json",
    )


def known(request: Request[Any, Any, Any], error: errors.AnyportError) -> Response[dict[str, object]]:
    """Handle an `AnyportError`; its class decides the status."""
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), HTTPStatus.BAD_GATEWAY)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.warning("request failed", code=error.code, actor=error.actor, detail=error.detail)
    problems = error.problems if isinstance(error, errors.MalformedError) else ()
    response = problem(request, status, error.code, error.message, problems, error.data)
    if isinstance(error, errors.UnauthenticatedError):
        log.info("login refused", detail=error.detail or "no token")
        response.headers["WWW-Authenticate"] = 'Bearer realm="anyport"' + (
            ', error="invalid_token"' * bool(error.detail)
        )
    if isinstance(error, errors.LimitError | errors.CapacityError | errors.ClosingError | errors.LoginUnavailableError):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def not_found(request: Request[Any, Any, Any], error: chatkit.store.NotFoundError) -> Response[dict[str, object]]:
    """Handle ChatKit's `NotFoundError`: an id that does not exist for this user."""
    return problem(request, HTTPStatus.NOT_FOUND, "not_found", _("There is nothing of that id."))


def http(request: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, object]]:
    """Handle Litestar's exceptions: unknown route, wrong method, wrong parameter, body too large; a 5xx is a crash."""
    if error.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return unexpected(request, error)
    problems: list[str] = []
    message = error.detail if isinstance(error, RefusedException) else _(_OF_STATUS.get(error.status_code, _INVALID))
    if isinstance(error, LitestarValidationException) and isinstance(error.extra, list):
        problems = [f"{entry.get('key', 'body')}: {entry['message']}" for entry in error.extra if "message" in entry]
    response = problem(request, error.status_code, HTTPStatus(error.status_code).name.lower(), message, problems)
    response.headers.update(error.headers or {})
    return response


def unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, object]]:
    """Handle any other exception: the log gets the traceback, the client a generic text."""
    log.exception("request crashed", exc_info=error)
    return problem(request, HTTPStatus.INTERNAL_SERVER_ERROR, "internal", _(GENERIC))


HANDLERS: dict[int | type[Exception], Callable[..., Response[Any]]] = {
    errors.AnyportError: known,
    chatkit.store.NotFoundError: not_found,
    HTTPException: http,
    Exception: unexpected,
}
