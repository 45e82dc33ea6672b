"""The composition root: the only place that knows which adapter stands behind which port."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import cache, partial
from importlib.metadata import version
from typing import Any

import structlog
from dishka import AsyncContainer, Provider, Scope, from_context, make_async_container, provide
from dishka.integrations.litestar import LitestarProvider
from litestar import Litestar

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.choice import BUILT_IN, load_assistant
from app.adapters.agents_sdk.late_runner import LateRunner
from app.adapters.agents_sdk.titles import ModelTitleWriter
from app.adapters.mcp.config import read_servers
from app.adapters.providers.registry import Discovery, discover
from app.adapters.stores import open_storage
from app.adapters.stores.url import check_database_url
from app.adapters.transcription.nobody import Nobody
from app.adapters.transcription.openai_audio import OpenAIAudio
from app.application.actions import WidgetActions
from app.application.attachments import Attachments
from app.application.changes import Changes
from app.application.conversation import Conversation
from app.application.entities import Mentions
from app.application.file_cleanup import FileCleanup
from app.application.languages import Languages, read_english_names
from app.application.limits import Limits
from app.application.models import ModelCatalog
from app.application.repeats import Repeats
from app.application.retention import letting_go
from app.application.tasks import TaskService
from app.application.titles import Titles
from app.application.turn_upkeep import TurnUpkeep
from app.application.turns import Turns
from app.application.watched_threads import WatchedThreads
from app.domain.conversation import HistoryWindow
from app.domain.model_ref import ModelRef
from app.domain.start_screen import StartScreen
from app.entrypoints.chatkit.begun import Begun
from app.entrypoints.chatkit.server import AnyportServer
from app.entrypoints.cli.tools import InstalledProvider
from app.entrypoints.http.app import create_app
from app.entrypoints.http.auth import CallerWiring
from app.environment import Problem, Secret, SettingsError, read_section
from app.ports.agent_runner import AgentRunner
from app.ports.attachment_storage import AttachmentStorage
from app.ports.model_provider import ModelProvider, ProviderPlugin
from app.ports.storage import SchemaStatus, Storage
from app.ports.task_repository import TaskRepository
from app.ports.thread_store import ThreadStore
from app.ports.toolbox import Toolbox
from app.ports.transcriber import Transcriber
from app.ports.turn_log import TurnLog
from app.settings import SECTIONS, Settings, TitleSource, load_settings
from app.startup.libraries import beside_others
from app.wiring.attachments import AttachmentWiring
from app.wiring.doors import DoorWiring
from app.wiring.mcp import McpWiring

log = structlog.get_logger(__name__)


def read_settings(environ: Mapping[str, str]) -> Settings:
    """The settings of the server and of every installed provider. Raises `SettingsError` with all mistakes."""
    found = _installed_plugins()
    for name, reason in found.failures.items():
        log.warning("provider plugin failed to load", provider=name, reason=reason)
    wanted = environ.get("LLM_PROVIDER", "").strip()
    if wanted in found.failures:
        raise SettingsError([Problem("LLM_PROVIDER", f"{wanted} failed to load: {found.failures[wanted]}")])
    return load_settings(
        environ, found.plugins.values(), check_url=_wrong_with, read_mcp=partial(read_servers, environ=environ)
    )


@cache
def _installed_plugins() -> Discovery:
    # Looking through all installed packages takes a while, and nothing is installed into a running process.
    return discover()


def setting_sections() -> Mapping[str, type[Any]]:
    """The structs that the settings are read into, by title: the server's own, then each installed provider's."""
    plugins = sorted(_installed_plugins().plugins.values(), key=lambda plugin: (plugin.rank, plugin.name))
    return {**SECTIONS, **{f"provider {plugin.name}": plugin.settings for plugin in plugins}}


def installed_providers(environ: Mapping[str, str]) -> Sequence[InstalledProvider]:
    """Every provider there is, by name, whatever is wrong with it or with the rest of the environment."""
    found = _installed_plugins()
    try:
        wanted = read_settings(environ).assistant.provider
    except SettingsError:
        wanted = environ.get("LLM_PROVIDER", "").strip()
    broken = [
        InstalledProvider(name=name, chosen=name == wanted, problem=f"failed to load: {reason}", build=_cannot_build)
        for name, reason in found.failures.items()
    ]
    return sorted((*broken, *(_installed(plugin, wanted, environ) for plugin in found.plugins.values())), key=_by_name)


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
    """Where the database stands. Raises `StoreUnavailableError`, and `SettingsError` for memory."""
    # Alembic takes long to import, and a server whose schema is current has no need of it.
    from app.adapters.stores.sql import migrations

    return await migrations.status(settings.store.database_url)


async def migrate(settings: Settings) -> SchemaStatus:
    """Bring the database to this version's schema; returns where it stood. Raises the same."""
    from app.adapters.stores.sql import migrations

    return await migrations.migrate(settings.store.database_url)


class StorageWiring(Provider):
    """The database that `DATABASE_URL` names."""

    scope = Scope.APP

    @provide
    async def storage(self, settings: Settings) -> AsyncIterator[Storage]:
        storage = open_storage(settings.store.database_url, pool_size=settings.store.pool_size)
        try:
            await storage.start()
            yield storage
        finally:
            await storage.aclose()

    @provide
    async def changes(self, storage: Storage, settings: Settings) -> AsyncIterator[Changes]:
        changes = Changes(storage.signals, keep_alive=settings.turns.keep_alive_seconds)
        try:
            yield changes
        finally:
            await changes.aclose()

    @provide
    def threads(self, storage: Storage, changes: Changes, settings: Settings) -> ThreadStore:
        return WatchedThreads(storage.threads, changes, patience=settings.turns.save_seconds)

    @provide
    def tasks(self, storage: Storage) -> TaskRepository:
        return storage.tasks

    @provide
    def turn_log(self, storage: Storage) -> TurnLog:
        return storage.turn_log


class ModelWiring(Provider):
    """The provider that `LLM_PROVIDER` names, and those of the models that `LLM_MODELS` and `LLM_FALLBACKS` add."""

    scope = Scope.APP

    @provide
    async def catalog(self, settings: Settings, assistant: Assistant) -> AsyncIterator[ModelCatalog]:
        wanted = settings.assistant
        plugins = _installed_plugins().plugins
        own = _usable(assistant.model, settings, plugins)
        further = (*wanted.models, *wanted.fallbacks, *wanted.title_models, *([own] if own else []))
        names = dict.fromkeys([wanted.provider, *(ref.provider for ref in further)])
        async with AsyncExitStack() as opened:
            providers: dict[str, ModelProvider] = {}
            for name in names:
                providers[name] = plugins[name].build(settings.providers[name])
                opened.push_async_callback(providers[name].aclose)
            first = providers[own.provider if own else wanted.provider]
            default = own or ModelRef(first.name, first.default_model)
            log.info(
                "Model factory initialized",
                provider=default.provider,
                model=default.model,
                base_url=first.base_url or "none",
            )
            yield ModelCatalog(providers, default, allowed=tuple(wanted.models), fallbacks=tuple(wanted.fallbacks))


def _usable(model: ModelRef | None, settings: Settings, plugins: Mapping[str, ProviderPlugin]) -> ModelRef | None:
    """The assistant's own model, unless its provider is not there or not configured."""
    if model is None:
        return None
    plugin = plugins.get(model.provider)
    missing = plugin.missing(settings.providers[model.provider]) if plugin else "there is no such provider"
    if missing:
        log.warning("the assistant's own model cannot be used", model=str(model), reason=missing)
    return None if missing else model


class AssistantWiring(Provider):
    """The assistant, its loop, and the turns that it answers in."""

    scope = Scope.APP
    actions = provide(WidgetActions)
    mentions = provide(Mentions)

    @provide
    def begun(self) -> Begun:
        return Begun()

    @provide
    def repeats(self, storage: Storage, threads: ThreadStore, turns: Turns) -> Repeats:
        return Repeats(storage, threads, turns)

    @provide
    def task_service(self, tasks: TaskRepository, changes: Changes) -> TaskService:
        return TaskService(tasks, on_change=changes.task_changed)

    @provide
    def assistant(self, settings: Settings) -> Assistant:
        return load_assistant(settings.assistant.assistant)

    @provide
    def start_screen(self, assistant: Assistant) -> StartScreen:
        return assistant.start

    @provide
    async def runner(
        self,
        assistant: Assistant,
        tasks: TaskService,
        further: Toolbox,
        models: ModelCatalog,
        store: ThreadStore,
        mentions: Mentions,
        files: AttachmentStorage,
        settings: Settings,
    ) -> AsyncIterator[AgentRunner]:
        def make() -> AgentRunner:
            with beside_others():
                from app.adapters.agents_sdk import validators
                from app.adapters.agents_sdk.enclosures import Enclosures
                from app.adapters.agents_sdk.runner import SdkAgentRunner

                validators.prepare()
                read_english_names()  # A model is told what a browser's language is called.
                enclosures = Enclosures(files, text_tokens=settings.attachments.text_tokens)
                rounds = settings.assistant.max_tool_rounds
                return SdkAgentRunner(assistant.equipped(tasks), models, store, rounds, mentions, further, enclosures)

        runner = LateRunner(make)
        try:
            if settings.assistant.assistant not in BUILT_IN:
                # A stranger's tools may fail in any way when they are made, and then nobody is to be told "ready".
                await runner.warm()
            yield runner
        finally:
            await runner.aclose()

    @provide
    async def titles(
        self, store: ThreadStore, models: ModelCatalog, limits: Limits, settings: Settings
    ) -> AsyncIterator[Titles | None]:
        refs = tuple(settings.assistant.title_models) or models.candidates(models.default)
        able = [ref for ref in refs if models.capabilities(ref).instructable]
        if settings.assistant.titles is TitleSource.OFF or not able:
            yield None
            return
        titles = Titles(store, limits, ModelTitleWriter(models, able))
        try:
            yield titles
        finally:
            await titles.aclose()

    @provide
    def conversation(
        self,
        store: ThreadStore,
        turn_log: TurnLog,
        runner: AgentRunner,
        models: ModelCatalog,
        limits: Limits,
        titles: Titles | None,
        settings: Settings,
    ) -> Conversation:
        wanted = settings.assistant
        window = HistoryWindow(
            items=wanted.history_items, tokens=wanted.history_tokens, file_tokens=settings.attachments.text_tokens
        )
        longest = settings.limits.message_characters
        return Conversation(
            store, turn_log, runner, models, limits, window=window, message_characters=longest, titles=titles
        )

    @provide
    def server(
        self,
        store: ThreadStore,
        conversation: Conversation,
        actions: WidgetActions,
        attachments: Attachments,
        cleanup: FileCleanup,
        transcriber: Transcriber,
        turns: Turns,
        settings: Settings,
    ) -> AnyportServer:
        return AnyportServer(store, conversation, actions, attachments, cleanup, transcriber, turns, settings.chatkit)

    @provide
    async def transcriber(self, settings: Settings) -> AsyncIterator[Transcriber]:
        wanted = settings.transcription
        transcriber: Transcriber = Nobody()
        if wanted.model:
            transcriber = OpenAIAudio(model=wanted.model, base_url=wanted.base_url, api_key=wanted.api_key)
        try:
            yield transcriber
        finally:
            await transcriber.aclose()

    @provide
    async def turns(
        self,
        conversation: Conversation,
        actions: WidgetActions,
        storage: Storage,
        threads: ThreadStore,
        cleanup: FileCleanup,
        changes: Changes,
        settings: Settings,
    ) -> AsyncIterator[Turns]:
        # Asks for what answers only so that turns are stopped before the store they write to, and the model, close.
        most = settings.limits.turns_at_once
        turns = Turns(storage, settings.turns, on_closing=changes.close, at_most=most, threads=threads)
        # Here and not beside the store: a server lets go of old threads, a command that reads the store does not.
        async with (
            letting_go(storage, thread_days=settings.store.thread_retention_days),
            cleanup.at_work(),
            TurnUpkeep(turns, storage).at_work(),
        ):
            try:
                yield turns
            finally:
                await turns.aclose()


class SettingsWiring(Provider):
    """The settings that the container was made with."""

    settings = from_context(Settings, scope=Scope.APP)


def make_container(settings: Settings, *overrides: Provider) -> AsyncContainer:
    """Wire everything for `settings`; nothing is built before it is asked for. `overrides` win, for tests."""
    return make_async_container(
        SettingsWiring(),
        StorageWiring(),
        AttachmentWiring(),
        ModelWiring(),
        AssistantWiring(),
        McpWiring(),
        DoorWiring(),
        CallerWiring(),
        LitestarProvider(),
        *overrides,
        context={Settings: settings},
    )


def make_app(container: AsyncContainer, settings: Settings) -> Litestar:
    """The HTTP application; it closes the container when it stops."""
    return create_app(container, settings, Languages.read(), version=version("anyport"))
