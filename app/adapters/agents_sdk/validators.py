"""What the first turn of a process would stop everybody else for, done before: a tenth of a second each.

The openai package builds the validators of its largest models when they are first used, and the Agents SDK makes the
exporter that would send traces to OpenAI, with its HTTP client, when it first asks whether to trace.
"""

from collections.abc import Sequence
from typing import Final

from agents import set_trace_provider
from agents.tracing.provider import DefaultTraceProvider
from openai.types.responses import (
    Response,
    ResponseCompletedEvent,
    ResponseContentPartAddedEvent,
    ResponseContentPartDoneEvent,
    ResponseCreatedEvent,
    ResponseFunctionCallArgumentsDeltaEvent,
    ResponseFunctionCallArgumentsDoneEvent,
    ResponseFunctionToolCall,
    ResponseOutputItemAddedEvent,
    ResponseOutputItemDoneEvent,
    ResponseOutputMessage,
    ResponseOutputText,
    ResponseReasoningItem,
    ResponseReasoningSummaryPartAddedEvent,
    ResponseReasoningSummaryPartDoneEvent,
    ResponseReasoningSummaryTextDeltaEvent,
    ResponseReasoningSummaryTextDoneEvent,
    ResponseTextDeltaEvent,
    ResponseTextDoneEvent,
    ResponseUsage,
)
from openai.types.responses.response_usage import InputTokensDetails, OutputTokensDetails
from pydantic import BaseModel

_MODELS: Final[Sequence[type[BaseModel]]] = (
    # What an answer is made of, the parts before the whole, so that the later ones find the earlier ones built.
    InputTokensDetails,
    OutputTokensDetails,
    ResponseUsage,
    ResponseOutputText,
    ResponseOutputMessage,
    ResponseFunctionToolCall,
    ResponseReasoningItem,
    Response,
    # What a stream of one is made of.
    ResponseCreatedEvent,
    ResponseOutputItemAddedEvent,
    ResponseContentPartAddedEvent,
    ResponseTextDeltaEvent,
    ResponseTextDoneEvent,
    ResponseContentPartDoneEvent,
    ResponseReasoningSummaryPartAddedEvent,
    ResponseReasoningSummaryTextDeltaEvent,
    ResponseReasoningSummaryTextDoneEvent,
    ResponseReasoningSummaryPartDoneEvent,
    ResponseFunctionCallArgumentsDeltaEvent,
    ResponseFunctionCallArgumentsDoneEvent,
    ResponseOutputItemDoneEvent,
    ResponseCompletedEvent,
)


def prepare() -> None:
    """Blocks. Not for two threads at once: they would build one model twice."""
    # A provider of traces without anybody to send them to: every run is told not to trace.
    set_trace_provider(DefaultTraceProvider())
    for model in _MODELS:
        model.model_rebuild()
