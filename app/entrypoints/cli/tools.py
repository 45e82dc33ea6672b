"""What commands are given: the command line lies below the composition root and cannot import it."""

from collections.abc import Callable
from typing import Any

import msgspec
from dishka import AsyncContainer

from app.settings import Settings


class Tools(msgspec.Struct, frozen=True, kw_only=True):
    """`settings` raises `SettingsError`; `container` builds nothing before it is asked; `app` serves a container."""

    settings: Callable[[], Settings]
    container: Callable[[Settings], AsyncContainer]
    app: Callable[[AsyncContainer, Settings], Callable[..., Any]]
