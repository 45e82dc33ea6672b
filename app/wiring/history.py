"""Wiring of the history: its window, and the summaries of what is before it."""

from collections.abc import AsyncIterator

import structlog
from dishka import Provider, Scope, provide

from app.adapters.agents_sdk.models.summaries import ModelHistorySummarizer
from app.application.conversation.model_catalog import ModelCatalog
from app.application.conversation.summaries import Summaries
from app.application.limits.rules import Limits
from app.domain.conversation import HistoryWindow
from app.ports.storage import Storage
from app.ports.thread_store import ThreadStore
from app.settings import HistorySummary, Settings

log = structlog.get_logger(__name__)


class HistoryWiring(Provider):
    """The history window, and the writer of summaries where `HISTORY_SUMMARY` is on."""

    scope = Scope.APP

    @provide
    def window(self, settings: Settings) -> HistoryWindow:
        wanted = settings.assistant
        return HistoryWindow(
            items=wanted.history_items,
            tokens=wanted.history_tokens,
            file_tokens=settings.attachments.text_tokens,
            summarised=wanted.history_summary is HistorySummary.ON,
        )

    @provide
    async def summaries(
        self,
        storage: Storage,
        threads: ThreadStore,
        models: ModelCatalog,
        limits: Limits,
        window: HistoryWindow,
        settings: Settings,
    ) -> AsyncIterator[Summaries | None]:
        if not window.summarised:
            yield None
            return
        refs = tuple(settings.assistant.summary_models) or models.candidates(models.default)
        able = [ref for ref in refs if models.capabilities(ref).instructable]
        if not able:
            log.warning("no summaries: no model can write them, set SUMMARY_MODEL", models=", ".join(map(str, refs)))
            yield None
            return
        summarizer = ModelHistorySummarizer(models, able)
        summaries = Summaries(threads, storage.turn_log, storage.summaries, limits, summarizer, window)
        try:
            yield summaries
        finally:
            await summaries.aclose()
