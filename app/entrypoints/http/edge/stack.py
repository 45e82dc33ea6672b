"""The middleware around Litestar: one ordered list, outermost first."""

from collections.abc import Callable, Sequence
from functools import partial

from litestar.types import ASGIApp

from app.application.conversation.languages import Languages
from app.entrypoints.http.cors import only_header_names
from app.entrypoints.http.edge.answer_headers import protect_answers
from app.entrypoints.http.edge.body_deadline import enforce_body_deadline
from app.entrypoints.http.edge.head import answer_head
from app.entrypoints.http.edge.hosts import only_known_hosts, own_names
from app.entrypoints.http.edge.language import negotiate_language
from app.entrypoints.http.edge.request_id import assign_request_ids
from app.entrypoints.http.streams import abort_when_closing
from app.settings import Settings

Middleware = Callable[[ASGIApp], ASGIApp]


def edge(settings: Settings, languages: Languages) -> Sequence[Middleware]:
    """List the middleware, outermost first: an earlier one sees the responses of all later ones."""
    return (
        assign_request_ids,
        partial(protect_answers, frame_ancestors=settings.browsers.frame_ancestors),
        partial(negotiate_language, languages=languages),
        partial(only_known_hosts, own=own_names(settings), allowed=settings.browsers.allowed_hosts),
        abort_when_closing,
        partial(enforce_body_deadline, patience=settings.server.client_seconds),
        only_header_names,
        answer_head,
    )


def wrapped(app: ASGIApp, middleware: Sequence[Middleware]) -> ASGIApp:
    """Wrap the application; the first middleware is called first."""
    for layer in reversed(middleware):
        app = layer(app)
    return app
