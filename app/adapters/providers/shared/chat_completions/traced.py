"""Traced responses: a generation span of the Agents SDK for each request, where tracing is on."""

from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import asdict
from typing import Any, cast

from agents import ModelSettings, ModelTracing
from agents.items import TResponseInputItem
from agents.tracing import SpanError, generation_span

from app.adapters.providers.shared.retries import Events
from app.ports.model_provider import ModelError


async def traced(
    events: Events, tracing: ModelTracing, model: str, settings: ModelSettings, given: str | list[TResponseInputItem]
) -> Events:
    """Yield the events of one response, in a span with its usage, and with its data where tracing includes it."""
    span = generation_span(model=model, model_config=_configuration(settings))
    if tracing.include_data():
        messages = [{"role": "user", "content": given}] if isinstance(given, str) else given
        span.span_data.input = cast(list[Mapping[str, Any]], messages)
    span.start()
    try:
        async with aclosing(events) as stream:
            async for event in stream:
                if event.type == "response.completed":
                    if (usage := event.response.usage) is not None:
                        span.span_data.usage = {
                            "input_tokens": usage.input_tokens,
                            "output_tokens": usage.output_tokens,
                        }
                    if tracing.include_data():
                        span.span_data.output = [item.model_dump(mode="json") for item in event.response.output]
                yield event
    except ModelError as error:
        span.set_error(SpanError(message="The model did not answer", data={"kind": error.kind}))
        raise
    finally:
        span.finish()


def _configuration(settings: ModelSettings) -> dict[str, Any]:
    names = ("temperature", "top_p", "max_tokens", "tool_choice")
    return {name: value for name, value in asdict(settings).items() if name in names and value is not None}
