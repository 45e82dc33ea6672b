"""Language negotiation: the language of every request, from its `Accept-Language`."""

from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from app.application.conversation.languages import Languages
from app.domain.language import use_language

HEADER = "accept-language"
_KEY = "anyport_locale"


def locale(scope: Scope) -> str | None:
    """The locale that the caller prefers, also one without translations; None outside the middleware."""
    found = scope.get("state", {}).get(_KEY)
    return found if isinstance(found, str) else None


def negotiate_language(app: ASGIApp, languages: Languages) -> ASGIApp:
    """Set the language of each request. Wraps the whole application, so that refusals are translated too."""

    async def localized(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        choice = languages.choose(Headers.from_scope(scope).get(HEADER))
        scope.setdefault("state", {})[_KEY] = choice.locale
        with use_language(choice.language):
            await app(scope, receive, send)

    return localized
