"""Application factory for ASGI servers: `uvicorn app.asgi:create --factory`."""

import os
from typing import TYPE_CHECKING

from app.patches.lean_imports import lean_imports
from app.startup.private_files import keep_private

if TYPE_CHECKING:
    from litestar import Litestar


def create() -> "Litestar":
    """Build the application for the environment of this process; its startup imports everything that answers need.

    Files that the process creates afterwards are private to its user. Raises `SettingsError`; a failed import stops the
    startup.
    """
    keep_private()
    with lean_imports():
        from app.bootstrap import make_app, make_container, read_settings, warn_of_unread
        from app.entrypoints.chatkit.dispatcher import ChatKitDispatcher
        from app.environment.misspelled import Recorded
        from app.logs import configure_logging
        from app.ports.agent_runner import AgentRunner
        from app.startup.descriptors import raise_descriptor_limit
        from app.startup.warming import prepared
    environment = Recorded(os.environ)
    try:
        settings = read_settings(environment)
        configure_logging(settings.server.log_level, settings.server.log_format)
    finally:
        warn_of_unread(environment)
    raise_descriptor_limit()
    container = make_container(settings)

    async def prepare() -> None:
        # `serve` listens while it prepares; an ASGI server expects a complete application after startup.
        await prepared((await container.get(ChatKitDispatcher)).ready, (await container.get(AgentRunner)).warm)

    app = make_app(container, settings)
    app.on_startup.append(prepare)
    return app
