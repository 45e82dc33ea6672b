"""Validators: builds what the first turn of a process would otherwise block the event loop for, 0.1 s each.

The openai package builds the validators of its largest models at their first use. The Agents SDK builds its exporter
of traces to OpenAI, with an HTTP client, at the first question whether tracing is on, unless it has another provider.
"""

from collections.abc import Sequence
from typing import Final

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

from app.adapters.agents_sdk.nested.traces import traces

_MODELS: Final[Sequence[type[BaseModel]]] = (
    # The parts of a response, each before the model that contains it, so that the later build reuses the earlier.
    InputTokensDetails,
    OutputTokensDetails,
    ResponseUsage,
    ResponseOutputText,
    ResponseOutputMessage,
    ResponseFunctionToolCall,
    ResponseReasoningItem,
    Response,
    # The events of a streamed response.
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
    """Build the validators. Blocks for about 0.2 s; not for two threads at once, which would build a model twice."""
    traces.install()
    for model in _MODELS:
        model.model_rebuild()
