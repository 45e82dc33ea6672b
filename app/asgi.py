"""For servers that import their application: `uvicorn app.asgi:create --factory`."""

import os

from litestar import Litestar

from app.bootstrap import make_app, make_container, read_settings
from app.logs import configure_logging


def create() -> Litestar:
    """The application for the environment of this process. Raises `SettingsError`."""
    settings = read_settings(os.environ)
    configure_logging(settings.server.log_level, settings.server.log_format)
    return make_app(make_container(settings), settings)
