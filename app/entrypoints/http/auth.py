"""Authentication: every route needs a login, except those with `opt=OPEN`."""

from collections.abc import Iterator
from typing import Any, Final

from dishka import Provider, Scope, provide
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from app.application.limits.open_requests import OpenRequest, OpenRequests
from app.application.limits.rules import Limits
from app.domain.errors import UnauthenticatedError
from app.domain.identity import RequestContext
from app.domain.language import _
from app.entrypoints.http.context_headers import context_headers
from app.entrypoints.http.csrf import check_origin
from app.entrypoints.http.edge.language import locale
from app.entrypoints.http.edge.request_id import request_id
from app.entrypoints.http.login_watch import LoginWatch
from app.ports.authenticator import Authenticator, Credentials, Login
from app.settings import Settings

_OPEN: Final = "anyport_open"
# The `opt` of a route without authentication: its response must not depend on the caller.
OPEN: Final = {_OPEN: True}


async def need_login(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Authenticate the caller before the body is read. Raises what `CallerWiring.login` raises."""
    if not handler.opt.get(_OPEN):
        await connection.state.dishka_container.get(RequestContext)


class CallerWiring(Provider):
    """Provides `Login`, `LoginWatch`, `OpenRequest` and `RequestContext` for each request."""

    scope = Scope.REQUEST

    @provide
    async def login(
        self,
        request: Request,  # type: ignore[type-arg]  # dishka registers the bare type
        authenticator: Authenticator,
        limits: Limits,
        settings: Settings,
    ) -> Login:
        """Authenticate the caller. Raises `UnauthenticatedError`, `ForbiddenOriginError`, and `LimitError` above the
        rate limit of the address or of the user."""
        limits.admit_address(request.client.host if request.client else "")
        login = await authenticator.authenticate(Credentials(headers=dict(request.headers), cookies=request.cookies))
        if login is None:
            raise UnauthenticatedError(_("Please log in: this server wants to know who you are."))
        if login.ambient:
            check_origin(request.method, request.headers, settings.browsers.cors_origins)
        limits.admit_request(login.user_id)
        return login

    @provide
    def watch(self, login: Login, authenticator: Authenticator) -> LoginWatch:
        """Build the watch for the end of the caller's login."""
        return LoginWatch(login, authenticator)

    @provide
    def opened(self, login: Login, requests: OpenRequests) -> Iterator[OpenRequest]:
        """Count the open request until its response is sent. Raises `LimitError` above the user's limit."""
        with requests.request(login.user_id) as opened:
            yield opened

    @provide
    def caller(
        self,
        request: Request,  # type: ignore[type-arg]  # dishka registers the bare type
        login: Login,
        settings: Settings,
        _: OpenRequest,
    ) -> RequestContext:
        """Build the context that the use cases get. Raises `InvalidInputError` for a too long context header."""
        return RequestContext(
            user_id=login.user_id,
            request_id=request_id(request.scope),
            base_url=str(request.base_url),
            locale=locale(request.scope),
            headers=context_headers(settings.assistant.context_headers, request.headers),
            claims=login.claims,
        )
