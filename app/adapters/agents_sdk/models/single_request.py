"""Single request: one question to a model in the background, without tools and history."""

from contextlib import aclosing

import msgspec
from agents import ModelSettings, ModelTracing

from app.adapters.agents_sdk.models.fallback import FallbackModel
from app.domain.conversation import BYTES_PER_TOKEN
from app.ports.turn_log import TokenUsage


class SingleResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Text of a model and its tokens; `complete` is false when the request ended at its limit of characters."""

    text: str
    usage: TokenUsage
    complete: bool


async def ask(model: FallbackModel, instructions: str, question: str, *, most_characters: int) -> SingleResponse:
    """Ask a model, and end the request early when its text exceeds `most_characters`; the tokens are then estimated.

    Raises `ModelError`.
    """
    stream = model.stream_response(
        instructions,
        question,
        ModelSettings(),
        [],
        None,
        [],
        ModelTracing.DISABLED,
        previous_response_id=None,
        conversation_id=None,
        prompt=None,
    )
    text = ""
    async with aclosing(stream) as events:
        async for event in events:
            if event.type == "response.output_text.delta":
                text += event.delta
            elif event.type == "response.completed":
                return SingleResponse(text=text, usage=_usage(event.response.usage), complete=True)
            if len(text) > most_characters:
                break
    return SingleResponse(text=text, usage=_estimate(instructions + question, text), complete=False)


def _usage(usage: object) -> TokenUsage:
    tokens = {name: getattr(usage, name, None) or 0 for name in ("input_tokens", "output_tokens")}
    return TokenUsage(requests=1, **tokens)


def _estimate(asked: str, text: str) -> TokenUsage:
    sizes = (len(part.encode(errors="replace")) // BYTES_PER_TOKEN for part in (asked, text))
    return TokenUsage(requests=1, input_tokens=next(sizes), output_tokens=next(sizes))
