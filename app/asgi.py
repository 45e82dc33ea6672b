"""For servers that import their application: `uvicorn app.asgi:create --factory`."""

import os
from typing import TYPE_CHECKING

from app.startup.libraries import sparingly

if TYPE_CHECKING:
    from litestar import Litestar


def create() -> "Litestar":
    """The application for the environment of this process. Raises `SettingsError`."""
    with sparingly():
        from app.bootstrap import make_app, make_container, read_settings
        from app.logs import configure_logging
    settings = read_settings(os.environ)
    configure_logging(settings.server.log_level, settings.server.log_format)
    return make_app(make_container(settings), settings)
