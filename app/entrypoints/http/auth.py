"""Who is asking, for every route that wants to know."""

from dishka import Provider, Scope, provide
from litestar import Request

from app.domain.identity import RequestContext
from app.entrypoints.http.request_id import request_id
from app.ports.authenticator import Authenticator


class CallerWiring(Provider):
    """Gives each request its `RequestContext`."""

    @provide(scope=Scope.REQUEST)
    async def caller(self, request: Request, authenticator: Authenticator) -> RequestContext:  # type: ignore[type-arg]
        """The caller, as the authenticator sees them."""
        user_id = await authenticator.authenticate(dict(request.headers), request.cookies)
        return RequestContext(
            user_id=user_id,
            request_id=request_id(request.scope),
            locale=request.headers.get("accept-language"),
        )
