"""The tools of the commands, passed in: the command line cannot import the composition root."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

import msgspec
from dishka import AsyncContainer

from app.application.health.assistant_report import AssistantReport
from app.ports.model_provider import ModelProvider
from app.ports.storage import SchemaStatus
from app.settings import Settings


class InstalledProvider(msgspec.Struct, frozen=True, kw_only=True):
    """An installed provider; `problem` names its missing settings, or the reason why it cannot be loaded."""

    name: str
    chosen: bool
    problem: str
    build: Callable[[], ModelProvider]


class Tools(msgspec.Struct, frozen=True, kw_only=True):
    """Functions of the composition root that commands call.

    `settings` raises `SettingsError`; `providers` raises nothing. `container` builds its parts lazily; `app` serves a
    container. `sections` maps titles to the structs of the settings. `schema` returns the database's schema status,
    `migrate` the status before its upgrade. `check_assistant` reports on the assistant of this name, or on that of
    `ASSISTANT`, and raises nothing.
    """

    settings: Callable[[], Settings]
    sections: Callable[[], Mapping[str, type[Any]]]
    providers: Callable[[], Sequence[InstalledProvider]]
    container: Callable[[Settings], AsyncContainer]
    app: Callable[[AsyncContainer, Settings], Callable[..., Any]]
    schema: Callable[[Settings], Coroutine[Any, Any, SchemaStatus]]
    migrate: Callable[[Settings], Coroutine[Any, Any, SchemaStatus]]
    check_assistant: Callable[[str | None], Coroutine[Any, Any, AssistantReport]]
