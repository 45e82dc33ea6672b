"""Wiring of the assistant, its runner and its turns."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack

from dishka import Provider, Scope, provide

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.assistant_actions import AssistantActions
from app.adapters.agents_sdk.lazy_runner import LazyRunner
from app.adapters.agents_sdk.loading.forms import Brought
from app.adapters.agents_sdk.loading.loader import BUILT_IN, load_assistant
from app.adapters.agents_sdk.models.titles import ModelTitleWriter
from app.adapters.brought.forms import FORMS
from app.adapters.transcription.disabled import DisabledTranscriber
from app.adapters.transcription.openai_audio import OpenAIAudio
from app.application.attachments.cleanup import FileCleanup
from app.application.attachments.generated import GeneratedImages
from app.application.conversation.languages import read_english_names
from app.application.conversation.mentions import Mentions
from app.application.conversation.model_catalog import ModelCatalog
from app.application.conversation.service import Conversation
from app.application.conversation.summaries import Summaries
from app.application.conversation.titles import Titles
from app.application.idempotency.guard import IdempotencyGuard
from app.application.idempotency.local import LocalIdempotency
from app.application.idempotency.shared import SharedIdempotency
from app.application.limits.open_requests import OpenRequests
from app.application.limits.rules import Limits
from app.application.tasks.service import TaskService
from app.application.tasks.widget_actions import TaskActions
from app.application.threads.change_feed import ChangeFeed
from app.application.threads.retention import periodic_retention
from app.application.turns.lease_keeper import LeaseKeeper
from app.application.turns.registry import TurnRegistry
from app.application.widgets.joined_actions import JoinedActions
from app.domain.conversation import HistoryWindow
from app.domain.identity import RequestContext
from app.domain.start_screen import StartScreen
from app.entrypoints.chatkit.dispatcher import ChatKitDispatcher
from app.patches.garbage_collection import uncollected
from app.ports.agent_runner import AgentRunner
from app.ports.approval_log import ApprovalLog
from app.ports.attachment_storage import AttachmentStorage
from app.ports.storage import Storage
from app.ports.task_repository import TaskRepository
from app.ports.thread_store import ThreadStore
from app.ports.toolbox import Toolbox
from app.ports.transcriber import Transcriber
from app.ports.turn_log import TokenUsage, TurnLog
from app.ports.widget_actions import WidgetActions
from app.settings import ChatKitSettings, Settings, TitleSource, Tracing
from app.wiring.assistant_check import equipped_assistant, needs_check
from app.wiring.brought import brought_runner, check_brought
from app.wiring.showcase import has_showcase


class AssistantWiring(Provider):
    """The assistant, its runner, and the turns that it answers."""

    scope = Scope.APP
    mentions = provide(Mentions)
    server = provide(ChatKitDispatcher)

    @provide
    def idempotency(self, storage: Storage, threads: ThreadStore, turns: TurnRegistry) -> IdempotencyGuard:
        return SharedIdempotency(storage, threads, turns) if storage.journal.shared else LocalIdempotency()

    @provide
    def task_service(self, tasks: TaskRepository, changes: ChangeFeed) -> TaskService:
        return TaskService(tasks, on_change=changes.task_changed)

    @provide
    def assistant(self, settings: Settings) -> Iterator[Assistant]:
        name = settings.assistant.assistant
        with ExitStack() as opened:
            if name not in BUILT_IN:
                # Sealed before the module is imported: it may register trace processors, or run an agent.
                from app.adapters.agents_sdk.nested.sdk_defaults import sdk_defaults

                opened.enter_context(sdk_defaults.sealed(_trace_key(settings)))
            yield load_assistant(name, FORMS)

    @provide
    def start_screen(self, assistant: Assistant, settings: Settings) -> StartScreen:
        if not has_showcase(settings):
            return assistant.start
        from app.adapters.agents_sdk.builtin.showcase import with_prompts  # it imports agents

        return with_prompts(assistant.start)

    @provide
    def actions(self, assistant: Assistant, store: ThreadStore, tasks: TaskService) -> WidgetActions:
        own = AssistantActions(store, assistant.actions)
        return JoinedActions([TaskActions(store, tasks), own] if assistant.has_tasks else [own])

    @provide
    async def runner(
        self,
        assistant: Assistant,
        tasks: TaskService,
        external_tools: Toolbox,
        models: ModelCatalog,
        store: ThreadStore,
        mentions: Mentions,
        files: AttachmentStorage,
        limits: Limits,
        images: GeneratedImages,
        settings: Settings,
    ) -> AsyncIterator[AgentRunner]:
        loop, opened = asyncio.get_running_loop(), ExitStack()

        def count(context: RequestContext, usage: TokenUsage) -> None:
            limits.spend(context.user_id, usage)

        def make() -> AgentRunner:
            with uncollected():
                from app.adapters.agents_sdk import validators
                from app.adapters.agents_sdk.builtin.showcase import with_showcase
                from app.adapters.agents_sdk.input.file_inputs import FileInputs
                from app.adapters.agents_sdk.models.reasoning import reasoning_defaults
                from app.adapters.agents_sdk.nested.sdk_defaults import sdk_defaults
                from app.adapters.agents_sdk.runner import SdkAgentRunner

                validators.prepare()
                read_english_names()  # The prompt names the language of the browser.
                file_inputs = FileInputs(files, text_tokens=settings.attachments.text_tokens)
                rounds = settings.assistant.max_tool_rounds
                wanted = settings.assistant
                reasoning = reasoning_defaults(wanted.reasoning_effort, wanted.reasoning_summary)
                key = _trace_key(settings)
                opened.enter_context(sdk_defaults.serving(models, rounds, reasoning, loop, key))
                if isinstance(assistant, Brought):
                    from app.adapters.agents_sdk.run.parts import RunParts

                    check_brought(wanted.assistant, assistant.form, assistant.code, models)
                    parts = RunParts(
                        models=models,
                        store=store,
                        max_rounds=rounds,
                        reasoning=reasoning,
                        late_usage=count,
                        mentions=mentions,
                        file_inputs=file_inputs,
                        images=images,
                    )
                    return brought_runner(assistant, parts)
                equipped = equipped_assistant(assistant, settings, models, external_tools, tasks)
                return SdkAgentRunner(
                    with_showcase(equipped, tasks) if has_showcase(settings) else equipped,
                    models,
                    store,
                    rounds,
                    mentions,
                    external_tools,
                    file_inputs,
                    reasoning,
                    count,
                    images,
                )

        runner = LazyRunner(make)
        try:
            if needs_check(settings):  # It may fail, and then the server must not report "ready".
                await runner.warm()
            yield runner
        finally:
            await runner.aclose()
            opened.close()

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
        approvals: ApprovalLog,
        runner: AgentRunner,
        models: ModelCatalog,
        limits: Limits,
        titles: Titles | None,
        summaries: Summaries | None,
        window: HistoryWindow,
        settings: Settings,
    ) -> Conversation:
        return Conversation(
            store,
            turn_log,
            runner,
            models,
            limits,
            approvals,
            window=window,
            message_characters=settings.limits.message_characters,
            titles=titles,
            summaries=summaries,
        )

    @provide
    def chatkit_settings(self, settings: Settings) -> ChatKitSettings:
        return settings.chatkit

    @provide
    async def transcriber(self, settings: Settings) -> AsyncIterator[Transcriber]:
        wanted = settings.transcription
        transcriber: Transcriber = DisabledTranscriber()
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
        changes: ChangeFeed,
        requests: OpenRequests,
        settings: Settings,
    ) -> AsyncIterator[TurnRegistry]:
        # Depends on all parts of a turn, so that turns stop before their store and their model close.
        most = settings.limits.turns_at_once
        # A turn may outlive its stream, and has its own connection to a model.
        in_all = requests.rules.streams
        turns = TurnRegistry(
            storage, settings.turns, on_closing=changes.close, at_most=most, at_most_in_process=in_all, threads=threads
        )
        # Here and not in the wiring of the storage: a server runs retention, a command that reads the store does not.
        async with (
            periodic_retention(storage, thread_days=settings.store.thread_retention_days),
            cleanup.running(),
            LeaseKeeper(turns, storage).running(),
        ):
            try:
                yield turns
            finally:
                await turns.aclose()


def _trace_key(settings: Settings) -> str:
    """The key for traces to OpenAI; empty where they do not go there."""
    if settings.assistant.tracing is not Tracing.OPENAI:
        return ""
    key: str = settings.providers["openai"].api_key.reveal()
    return key
