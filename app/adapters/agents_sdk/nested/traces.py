"""Traces of runs: they go to the processors that an assistant's module registers, and by default to nobody."""

from typing import Any

from agents.tracing import TracingProcessor, get_trace_provider, set_trace_provider
from agents.tracing.processors import default_exporter, default_processor
from agents.tracing.provider import DefaultTraceProvider


class TraceProvider(DefaultTraceProvider):
    """The SDK's trace provider without its default processor, which would send all traces to OpenAI."""

    def __init__(self) -> None:
        super().__init__()
        self.has_processors = False

    def register_processor(self, processor: TracingProcessor) -> None:
        """Add a processor."""
        super().register_processor(processor)
        self.has_processors = True

    def set_processors(self, processors: list[TracingProcessor]) -> None:
        """Replace all processors."""
        super().set_processors(processors)
        self.has_processors = bool(processors)


class Traces:
    """The trace provider of this process."""

    def __init__(self) -> None:
        self._provider: TraceProvider | None = None

    def install(self) -> None:
        """Replace the SDK's provider, which builds an HTTP client for OpenAI. Idempotent.

        A provider that an assistant's module sets later stays.
        """
        if self._provider is None:
            self._provider = TraceProvider()
            set_trace_provider(self._provider)

    def send_to_openai(self, key: str) -> None:
        """Send traces to OpenAI, besides the processors of the assistant's module."""
        if self._provider is not None:
            default_exporter().set_api_key(key)
            self._provider.register_processor(default_processor())

    def forget_processors(self) -> None:
        """Remove all processors, when the last server of the process has stopped."""
        if self._provider is not None:
            self._provider.set_processors([])

    @property
    def are_heard(self) -> bool:
        """True when a run is traced: a processor hears it, or the assistant's module has set a provider of its own."""
        provider: Any = get_trace_provider() if self._provider is not None else None
        return provider.has_processors if isinstance(provider, TraceProvider) else provider is not None


traces = Traces()


def trace_settings(workflow: str, thread_id: str) -> dict[str, Any]:
    """Return the fields of a `RunConfig` for a run that the user sees; the runs of one thread are a group."""
    if not traces.are_heard:
        return {"tracing_disabled": True, "trace_include_sensitive_data": False}
    return {"workflow_name": workflow, "group_id": thread_id}
