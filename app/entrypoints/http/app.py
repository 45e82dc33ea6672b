"""The HTTP application."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from dishka import AsyncContainer
from dishka.integrations.litestar import DishkaRouter, setup_dishka
from litestar import Litestar
from litestar.types import ControllerRouterHandler

from app.application.conversation.languages import Languages
from app.application.turns.registry import TurnRegistry
from app.entrypoints.http import errors
from app.entrypoints.http.cors import cors_for
from app.entrypoints.http.docs import docs_pages
from app.entrypoints.http.edge.stack import edge, wrapped
from app.entrypoints.http.guard import guard
from app.entrypoints.http.request import BoundedRequest
from app.entrypoints.http.routes import (
    assistant,
    attachments,
    chatkit,
    entities,
    health,
    mcp,
    models,
    pages,
    plain,
    session,
    tasks,
    turns,
    usage,
)
from app.patches.plain_litestar import litestar_class
from app.settings import Settings
from app.settings.mcp import Switch

INJECTED: Sequence[ControllerRouterHandler] = (
    chatkit.chatkit,
    session.open_session,
    plain.plain,
    *turns.INJECTED,
    *tasks.INJECTED,
    entities.search_entities,
    models.list_models,
    assistant.show_assistant,
    usage.usage,
    health.health,
    *attachments.ROUTES,
    *pages.INJECTED,
)


def create_app(container: AsyncContainer, settings: Settings, languages: Languages, *, version: str) -> Litestar:
    """Build the application around a container, and close the container when the application stops.

    The container closes the turns before the store that the turns write to.
    """

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncGenerator[None, None]:
        try:
            # Resolved now, so that a broken configuration stops the start and not the first request.
            await container.get(TurnRegistry)
            yield
        finally:
            await container.close()

    served = [mcp.mcp] if settings.mcp.served is Switch.ON else []
    app = litestar_class()(
        route_handlers=[DishkaRouter("", route_handlers=list(INJECTED)), turns.script, *pages.STATIC, *served],
        guards=[guard],
        request_class=BoundedRequest,
        cors_config=cors_for(settings.browsers.cors_origins),
        exception_handlers=errors.HANDLERS,
        lifespan=[lifespan],
        request_max_body_size=settings.server.max_body_bytes,
        openapi_config=docs_pages(version),
        # Our own log: Litestar's configures the root logger and logs a line for each chunk of a stream.
        logging_config=None,
    )
    setup_dishka(container, app)
    app.asgi_handler = wrapped(app.asgi_handler, edge(settings, languages))
    return app
