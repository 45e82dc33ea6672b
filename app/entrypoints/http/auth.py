"""Who is asking, for every route that wants to know."""

from dishka import Provider, Scope, provide
from litestar import Request

from app.application.limits import Limits
from app.domain.identity import RequestContext
from app.entrypoints.http.language import locale
from app.entrypoints.http.request_id import request_id
from app.ports.authenticator import Authenticator


class CallerWiring(Provider):
    """Gives each request its `RequestContext`."""

    @provide(scope=Scope.REQUEST)
    async def caller(
        self,
        request: Request,  # type: ignore[type-arg]
        authenticator: Authenticator,
        limits: Limits,
    ) -> RequestContext:
        """The caller, as the authenticator sees them. Raises `LimitError` for one who calls too often."""
        limits.admit_address(request.client.host if request.client else "")
        user_id = await authenticator.authenticate(dict(request.headers), request.cookies)
        limits.admit_request(user_id)
        return RequestContext(
            user_id=user_id,
            request_id=request_id(request.scope),
            base_url=str(request.base_url),
            locale=locale(request.scope),
        )
