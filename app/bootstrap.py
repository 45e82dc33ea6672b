"""Composition root: only this module and `wiring` choose the adapters of the ports."""

from collections.abc import Mapping, Sequence, Set
from functools import partial
from importlib.metadata import version
from typing import Any

import structlog
from dishka import AsyncContainer, Provider, Scope, from_context, make_async_container
from dishka.integrations.litestar import LitestarProvider
from litestar import Litestar

from app.adapters.mcp.config import read_servers
from app.adapters.stores.url import check_database_url
from app.application.conversation.languages import Languages
from app.application.health.assistant_report import AssistantReport
from app.entrypoints.cli.tools import InstalledProvider
from app.entrypoints.http.app import create_app
from app.entrypoints.http.auth import CallerWiring
from app.environment import Problem, Secret, SettingsError, read_section, variables
from app.environment.misspelled import Recorded, misspelled, unread_of_file
from app.ports.model_provider import ModelProvider, ProviderPlugin
from app.ports.storage import SchemaStatus
from app.settings import SECTIONS, AssistantSettings, Settings, load_settings
from app.wiring.assistant import AssistantWiring
from app.wiring.attachments import AttachmentWiring
from app.wiring.auth import AuthWiring
from app.wiring.doctor import DoctorWiring
from app.wiring.history import HistoryWiring
from app.wiring.mcp import McpWiring
from app.wiring.models import ModelWiring, installed_plugins
from app.wiring.storage import StorageWiring

log = structlog.get_logger(__name__)


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings of the server and of every installed provider. Raises `SettingsError` with all mistakes."""
    found = installed_plugins()
    for name, reason in found.failures.items():
        log.warning("provider plugin failed to load", provider=name, reason=reason)
    wanted = environ.get("LLM_PROVIDER", "").strip()
    if wanted in found.failures:
        raise SettingsError([Problem("LLM_PROVIDER", f"{wanted} failed to load: {found.failures[wanted]}")])
    return load_settings(
        environ, found.plugins.values(), check_url=_wrong_with, read_mcp=partial(read_servers, environ=environ)
    )


def setting_sections() -> Mapping[str, type[Any]]:
    """Structs of the settings by title: those of the server, then one for each installed provider."""
    plugins = sorted(installed_plugins().plugins.values(), key=lambda plugin: (plugin.rank, plugin.name))
    return {**SECTIONS, **{f"provider {plugin.name}": plugin.settings for plugin in plugins}}


def warn_of_unread(environ: Recorded, of_file: Set[str] = frozenset()) -> None:
    """Log unread variables that resemble a setting, and all unread ones `of_file`; call it after reading `environ`."""
    known = {name for section in setting_sections().values() for one in variables(section) for name in one.names}
    for unread in misspelled(environ.keys() - of_file - environ.read, known):
        log.warning(f"{unread.name} is not a setting. Did you mean {unread.meant}?")
    for unread in unread_of_file(of_file - environ.read, known):
        log.warning(f"{unread.name} in .env is not a setting." + f" Did you mean {unread.meant}?" * bool(unread.meant))


def installed_providers(environ: Mapping[str, str]) -> Sequence[InstalledProvider]:
    """All installed providers by name, also those with a problem; a broken environment is no error."""
    found = installed_plugins()
    try:
        wanted = read_settings(environ).assistant.provider
    except SettingsError:
        wanted = environ.get("LLM_PROVIDER", "").strip()
    broken = [
        InstalledProvider(name=name, chosen=name == wanted, problem=f"failed to load: {reason}", build=_cannot_build)
        for name, reason in found.failures.items()
    ]
    return sorted((*broken, *(_installed(plugin, wanted, environ) for plugin in found.plugins.values())), key=_by_name)


async def check_assistant(environ: Mapping[str, str]) -> AssistantReport:
    """Report on the assistant that `ASSISTANT` names, with these variables; a broken environment is no error."""
    # Imported here: the report describes each form of assistant, and a server needs none of that.
    from app.wiring.assistant_report import assistant_report

    name = environ.get("ASSISTANT", "").strip() or AssistantSettings().assistant
    try:
        settings = read_settings(environ)
    except SettingsError as error:
        return await assistant_report(name, None, None, error.problems)
    container = make_container(settings)
    try:
        return await assistant_report(name, settings, container, ())
    finally:
        await container.close()


def _installed(plugin: ProviderPlugin, wanted: str, environ: Mapping[str, str]) -> InstalledProvider:
    problems: list[Problem] = []
    settings = read_section(plugin.settings, environ, problems)
    return InstalledProvider(
        name=plugin.name,
        chosen=plugin.name == wanted,
        problem="; ".join(map(str, problems)) or plugin.missing(settings),
        build=partial(plugin.build, settings),
    )


def _cannot_build() -> ModelProvider:
    raise LookupError("a provider with a problem cannot be built")


def _by_name(installed: InstalledProvider) -> str:
    return installed.name


def _wrong_with(database_url: Secret) -> str:
    return check_database_url(database_url.reveal()).removeprefix("DATABASE_URL: ")


async def schema_status(settings: Settings) -> SchemaStatus:
    """Status of the schema. Raises `StoreUnavailableError`, and `SettingsError` for memory."""
    # Imported here: Alembic is slow to import, and a server with a current schema does not need it.
    from app.adapters.stores.sql import migrations

    return await migrations.status(settings.store.database_url)


async def migrate(settings: Settings) -> SchemaStatus:
    """Upgrade the schema; returns its status before. Raises `StoreUnavailableError`, and `SettingsError` for memory."""
    from app.adapters.stores.sql import migrations

    return await migrations.migrate(settings.store.database_url)


class SettingsWiring(Provider):
    """The settings of the container."""

    settings = from_context(Settings, scope=Scope.APP)


def make_container(settings: Settings, *overrides: Provider) -> AsyncContainer:
    """Build the container for `settings`; each object is built at its first use. `overrides` win, for tests."""
    return make_async_container(
        SettingsWiring(),
        StorageWiring(),
        AttachmentWiring(),
        ModelWiring(),
        AssistantWiring(),
        HistoryWiring(),
        McpWiring(),
        AuthWiring(),
        DoctorWiring(),
        CallerWiring(),
        LitestarProvider(),
        *overrides,
        context={Settings: settings},
    )


def make_app(container: AsyncContainer, settings: Settings) -> Litestar:
    """Build the HTTP application, which closes the container when it stops."""
    return create_app(container, settings, Languages.read(), version=version("anyport"))
