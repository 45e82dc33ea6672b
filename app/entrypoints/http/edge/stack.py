"""The order of the middleware around Litestar: one list, outermost first."""

from collections.abc import Callable, Sequence
from functools import partial

from litestar.types import ASGIApp

from app.application.conversation.languages import Languages
from app.entrypoints.http.cors import only_header_names
from app.entrypoints.http.edge.answer_headers import protect_answers
from app.entrypoints.http.edge.body_deadline import hurry_bodies
from app.entrypoints.http.edge.head import answer_head
from app.entrypoints.http.edge.hosts import only_known_hosts, own_names
from app.entrypoints.http.edge.language import speak
from app.entrypoints.http.edge.request_id import name_requests
from app.entrypoints.http.streams import hang_up_when_closing
from app.settings import Settings

Middleware = Callable[[ASGIApp], ASGIApp]


def edge(settings: Settings, languages: Languages) -> Sequence[Middleware]:
    """The middleware, outermost first: what comes earlier sees the answers of all that comes later."""
    return (
        name_requests,
        partial(protect_answers, frame_ancestors=settings.browsers.frame_ancestors),
        partial(speak, languages=languages),
        partial(only_known_hosts, own=own_names(settings), allowed=settings.browsers.allowed_hosts),
        hang_up_when_closing,
        partial(hurry_bodies, patience=settings.server.client_seconds),
        only_header_names,
        answer_head,
    )


def wrapped(app: ASGIApp, middleware: Sequence[Middleware]) -> ASGIApp:
    """Wrap the application, so that the first middleware is called first."""
    for layer in reversed(middleware):
        app = layer(app)
    return app
