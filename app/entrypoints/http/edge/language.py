"""The language of every request, read from its `Accept-Language`."""

from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from app.application.conversation.languages import Languages
from app.domain.language import use_language

HEADER = "accept-language"
_KEY = "anyport_locale"


def locale(scope: Scope) -> str | None:
    """The locale that the caller prefers, whether or not we have texts in it."""
    found = scope.get("state", {}).get(_KEY)
    return found if isinstance(found, str) else None


def speak(app: ASGIApp, languages: Languages) -> ASGIApp:
    """Answer each request in its own language. Wraps the whole application, so that refusals speak it as well."""

    async def speaking_app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        wish = languages.choose(Headers.from_scope(scope).get(HEADER))
        scope.setdefault("state", {})[_KEY] = wish.locale
        with use_language(wish.language):
            await app(scope, receive, send)

    return speaking_app
