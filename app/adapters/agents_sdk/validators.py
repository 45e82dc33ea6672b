"""What the first turn of a process would stop everybody else for, done before: a tenth of a second each.

The openai package builds the validators of its largest models when they are first used, and the Agents SDK makes the
exporter that would send traces to OpenAI, with its HTTP client, when it first asks whether to trace.
"""

from agents import set_trace_provider
from agents.tracing.provider import DefaultTraceProvider
from openai.types.responses import (
    Response,
    ResponseCompletedEvent,
    ResponseCreatedEvent,
    ResponseOutputItemAddedEvent,
    ResponseOutputItemDoneEvent,
)


def prepare() -> None:
    """Blocks. Not for two threads at once: they would build one model twice."""
    # A provider of traces without anybody to send them to: every run is told not to trace.
    set_trace_provider(DefaultTraceProvider())
    for model in (
        Response,
        ResponseCreatedEvent,
        ResponseOutputItemAddedEvent,
        ResponseOutputItemDoneEvent,
        ResponseCompletedEvent,
    ):
        model.model_rebuild()
