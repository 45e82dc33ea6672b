"""Requests to a model without a stream's consumer: the whole response, and the probe."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import cast

from agents import Model, ModelResponse, ModelSettings, ModelTracing, Usage
from agents.items import TResponseStreamEvent

from app.adapters.providers.shared.retries import PREAMBLE, Events


async def collect_response(stream: AsyncIterator[TResponseStreamEvent]) -> ModelResponse:
    """Collect the response that a stream ends with."""
    async for event in stream:
        if event.type == "response.completed":
            used = event.response.usage
            usage = (
                Usage(
                    requests=1,
                    input_tokens=used.input_tokens,
                    output_tokens=used.output_tokens,
                    total_tokens=used.total_tokens,
                    input_tokens_details=used.input_tokens_details,
                    output_tokens_details=used.output_tokens_details,
                )
                if used
                else Usage(requests=1)
            )
            return ModelResponse(output=event.response.output, usage=usage, response_id=None)
    raise AssertionError("a stream that does not fail ends with a response")


async def probe_model(model: Model) -> None:
    """Probe a model: request a short text and close the stream at its first token. Raises `ModelError`.

    Unlike a list of models this proves key, name, quota and parameters, for some tokens at most. It sets no length
    limit, because reasoning would use it up before the first token.
    """
    stream = model.stream_response(
        None,
        "Answer with OK.",
        ModelSettings(),
        [],
        None,
        [],
        ModelTracing.DISABLED,
        previous_response_id=None,
        conversation_id=None,
        prompt=None,
    )
    async with aclosing(cast(Events, stream)) as events:
        async for event in events:
            if event.type not in PREAMBLE:
                return
