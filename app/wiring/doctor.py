"""Wiring of the self-checks of `doctor`: one for each testable part of a configuration."""

import asyncio
from collections.abc import Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from dishka import Provider, Scope, provide

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.attachments.obstore_storage import open_attachments
from app.adapters.auth import open_authentication
from app.adapters.providers.shared.model_requests import probe_model
from app.adapters.stores import open_storage
from app.adapters.stores.memory.tasks import MemoryTaskRepository
from app.adapters.stores.url import SqliteTarget, parse_database_url
from app.adapters.transcription.openai_audio import OpenAIAudio
from app.application.conversation.model_catalog import ModelCatalog
from app.application.health.machine import check_address, check_open_files, check_private, check_room
from app.application.health.self_checks import ModelChecks, SelfCheck, SelfCheckError, SelfChecks
from app.application.tasks.service import TaskService
from app.domain.model_ref import ModelRef
from app.patches.patch import Patch
from app.patches.register import REGISTER
from app.patches.switch import VARIABLE
from app.ports.toolbox import Toolbox
from app.settings import Settings
from app.settings.attachments import folder_of
from app.wiring.assistant_check import equipped_assistant
from app.wiring.attachments import where_files_are

_DATABASE, _FILES = "DATABASE_URL", "ATTACHMENTS_URL"
_BUCKET = f"{_FILES}, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL"


class DoctorWiring(Provider):
    """Self-checks, independent of each other, so that they can run concurrently."""

    scope = Scope.APP

    @provide
    def checks(self, settings: Settings) -> SelfChecks:
        configured = [*_of_the_machine(settings), *_of_services(settings), *_of_other_machines(settings)]
        return SelfChecks([*configured, *_of_patches()])

    @provide
    def of_models(
        self, assistant: Assistant, catalog: ModelCatalog, external_tools: Toolbox, settings: Settings
    ) -> ModelChecks:
        wanted = settings.assistant
        named: dict[ModelRef, str] = {catalog.default: "LLM_PROVIDER"}
        for variable, refs in (("LLM_MODELS", wanted.models), ("LLM_FALLBACKS", wanted.fallbacks)):
            named = {**dict.fromkeys(refs, variable), **named}
        named = {**dict.fromkeys(wanted.title_models, "TITLE_MODEL"), **named}
        named = {**dict.fromkeys(wanted.summary_models, "SUMMARY_MODEL"), **named}
        checks = []
        for ref, variable in reversed(named.items()):
            provider = catalog.provider(ref)
            own = ref.model == provider.default_model
            attempt = provider.check if own else partial(probe_model, provider.model(ref.model))
            name = f"provider {ref.provider}" if own else f"provider {ref.provider}, model {ref.model}"
            checks.append(SelfCheck(name=name, variables=variable, attempt=attempt))
        return ModelChecks([*checks, _of_assistant(assistant, catalog, external_tools, settings)])


def _of_assistant(
    assistant: Assistant, catalog: ModelCatalog, external_tools: Toolbox, settings: Settings
) -> SelfCheck:
    async def attempt() -> None:
        # The tools are looked at and not called: those for tasks need no database.
        tasks = TaskService(MemoryTaskRepository())
        await asyncio.to_thread(equipped_assistant, assistant, settings, catalog, external_tools, tasks)

    return SelfCheck(name="assistant", variables="ASSISTANT", attempt=attempt)


def _of_the_machine(settings: Settings) -> Iterator[SelfCheck]:
    server = settings.server
    yield SelfCheck(name="address", variables="HOST, PORT", attempt=partial(check_address, server.host, server.port))
    yield SelfCheck(name="open files", variables="no variable, but ulimit -n", attempt=check_open_files)
    if (database := _sqlite_file(settings)) is not None:
        folder = database.parent.absolute()
        yield SelfCheck(name="room for the database", variables=_DATABASE, attempt=partial(check_room, folder))
    if (files := folder_of(where_files_are(settings).url)) is not None and settings.attachments.max_bytes:
        yield SelfCheck(name="room for attachments", variables=_FILES, attempt=partial(check_room, files))


def _of_services(settings: Settings) -> Iterator[SelfCheck]:
    yield SelfCheck(name="database", variables=_DATABASE, attempt=partial(_try_database, settings))
    if settings.attachments.max_bytes:
        variables = _BUCKET if settings.attachments.url.startswith("s3:") else _FILES
        yield SelfCheck(name="attachments", variables=variables, attempt=partial(_try_attachments, settings))
    if url := settings.login.jwks_url or settings.login.better_auth_url:
        variable = "AUTH_JWKS_URL" if url == settings.login.jwks_url else "BETTER_AUTH_URL"
        yield SelfCheck(name="login keys", variables=variable, attempt=partial(_try_login, settings))
    for server in settings.mcp_servers:
        attempt = partial(_try_mcp, server, settings.mcp.timeout)
        yield SelfCheck(name=f"MCP server {server.name}", variables="MCP_SERVERS", attempt=attempt)
    if settings.transcription.model:
        variables = "TRANSCRIPTION_MODEL, TRANSCRIPTION_BASE_URL, TRANSCRIPTION_API_KEY"
        yield SelfCheck(name="transcription", variables=variables, attempt=partial(_try_transcription, settings))


def _of_other_machines(settings: Settings) -> Iterator[SelfCheck]:
    """Settings that only another machine can test."""
    why = "only OpenAI's front end at /hosted uses it, in a browser"
    yield SelfCheck(name="domain key", variables="CHATKIT_DOMAIN_KEY", attempt=None, remark=why)
    if settings.attachments.public_url:
        why = "browsers must reach it; this machine need not"
        yield SelfCheck(name="public address", variables="PUBLIC_URL", attempt=None, remark=why)


def _of_patches() -> Iterator[SelfCheck]:
    """One line for each patch: applied, off, or fallen back to the library's own way."""
    for patch in REGISTER:
        yield SelfCheck(name=f"patch {patch.name}", variables=VARIABLE, attempt=partial(_try_patch, patch))


async def _try_patch(patch: Patch) -> str:
    state = await asyncio.to_thread(patch.state)
    if state == "not installed":
        return f"{patch.target} is not installed"
    versions = f"{patch.target} {patch.installed()}, made for {patch.version.rstrip('.')}"
    if state == "does not fit" and patch.kind == "safety":
        raise SelfCheckError(f"It does not fit {versions}. Install the versions of the lock file: requirements.txt")
    return f"{state} ({versions})"


def _sqlite_file(settings: Settings) -> Path | None:
    target = parse_database_url(settings.store.database_url)
    return Path(target.path) if isinstance(target, SqliteTarget) else None


async def _try_database(settings: Settings) -> None:
    storage = open_storage(settings.store.database_url, pool_size=1)
    try:
        await storage.start()
        await storage.check_writing()
    finally:
        await storage.aclose()
    if (database := _sqlite_file(settings)) is not None:
        # Other users may enter the working folder, but must not read the file in it.
        own_folder = [database.parent] if database.parent != Path() else []
        await check_private([database, *own_folder])


async def _try_attachments(settings: Settings) -> None:
    files = open_attachments(where_files_are(settings))
    try:
        await files.check_writing()
    finally:
        await files.aclose()
    if (folder := folder_of(where_files_are(settings).url)) is not None:
        await check_private([folder])


async def _try_login(settings: Settings) -> None:
    authenticator = (await asyncio.to_thread(open_authentication, settings.login)).authenticator
    try:
        await authenticator.check()
    finally:
        await authenticator.aclose()


async def _try_mcp(server: Any, seconds: float) -> str:
    # Imported here: most servers do not use the client, and its import is slow.
    client = await asyncio.to_thread(import_module, "app.adapters.mcp.connection")
    tools: str = await client.probe_server(server, seconds)
    return tools


async def _try_transcription(settings: Settings) -> None:
    wanted = settings.transcription
    transcriber = OpenAIAudio(model=wanted.model, base_url=wanted.base_url, api_key=wanted.api_key)
    try:
        await transcriber.check()
    finally:
        await transcriber.aclose()
