"""What commands are given: the command line lies below the composition root and cannot import it."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

import msgspec
from dishka import AsyncContainer

from app.ports.model_provider import ModelProvider
from app.ports.storage import SchemaStatus
from app.settings import Settings


class InstalledProvider(msgspec.Struct, frozen=True, kw_only=True):
    """A provider as it is found: `problem` says what is missing to build it, or why it cannot be loaded."""

    name: str
    chosen: bool
    problem: str
    build: Callable[[], ModelProvider]


class Tools(msgspec.Struct, frozen=True, kw_only=True):
    """`settings` raises `SettingsError`; `providers` does not, whatever is wrong; `container` builds nothing before
    it is asked; `app` serves a container; `sections` are the settings' structs by title; `schema` says where the
    database stands, `migrate` where it stood before it was brought to the needed schema."""

    settings: Callable[[], Settings]
    sections: Callable[[], Mapping[str, type[Any]]]
    providers: Callable[[], Sequence[InstalledProvider]]
    container: Callable[[Settings], AsyncContainer]
    app: Callable[[AsyncContainer, Settings], Callable[..., Any]]
    schema: Callable[[Settings], Coroutine[Any, Any, SchemaStatus]]
    migrate: Callable[[Settings], Coroutine[Any, Any, SchemaStatus]]
