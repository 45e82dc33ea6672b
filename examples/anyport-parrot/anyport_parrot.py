"""Provider that repeats the last message. `LLM_PROVIDER=parrot` chooses it once the package is installed."""

import time
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

import msgspec
from agents import Model, ModelResponse, Usage
from agents.items import TResponseInputItem, TResponseStreamEvent
from openai.types.responses import (
    Response,
    ResponseCompletedEvent,
    ResponseOutputMessage,
    ResponseOutputText,
    ResponseTextDeltaEvent,
)

from app.environment import env
from app.ports.model_provider import Capabilities, ModelInfo, ModelProvider, ProviderPlugin


class ParrotSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Every field is a setting; it appears in the documentation and in the list of mistakes like our own."""

    phrase: Annotated[str, env("PARROT_PHRASE", help="What the parrot says first.", expects="a word or two")] = (
        "Squawk!"
    )


class ParrotModel(Model):
    """The Agents SDK's interface: deltas while it speaks, and one `response.completed` with the whole answer."""

    def __init__(self, phrase: str) -> None:
        self._phrase = phrase

    async def get_response(
        self, system_instructions: str | None, input: Any, *args: Any, **kwargs: Any
    ) -> ModelResponse:
        """The whole answer at once."""
        return ModelResponse(output=[_message(self._answer(input))], usage=Usage(requests=1), response_id=None)

    async def stream_response(
        self, system_instructions: str | None, input: Any, *args: Any, **kwargs: Any
    ) -> AsyncIterator[TResponseStreamEvent]:
        """Word by word."""
        answer = self._answer(input)
        for number, word in enumerate(answer.split(" ")):
            delta = word if number == 0 else f" {word}"
            yield ResponseTextDeltaEvent(
                type="response.output_text.delta",
                delta=delta,
                item_id="answer",
                output_index=0,
                content_index=0,
                logprobs=[],
                sequence_number=number,
            )
        yield ResponseCompletedEvent(type="response.completed", response=_response(answer), sequence_number=number + 1)

    def _answer(self, heard: str | list[TResponseInputItem]) -> str:
        return f"{self._phrase} {_last_words(heard)}"


class ParrotProvider(ModelProvider):
    """One model, no network."""

    name = "parrot"
    default_model = "grey"
    base_url = None

    def __init__(self, settings: ParrotSettings) -> None:
        self._settings = settings

    def models(self) -> Sequence[ModelInfo]:
        """What it offers, and what that can do: code asks for the capabilities, never for the name."""
        return [ModelInfo(name="grey", capabilities=Capabilities(tools=False, parallel_tools=False))]

    def model(self, name: str) -> Model:
        """Cheap, and without I/O."""
        return ParrotModel(self._settings.phrase)

    async def check(self) -> None:
        """A provider with a network would make one small request here, and raise `ModelError`."""

    async def aclose(self) -> None:
        """A provider with a network would close its client here."""


def _last_words(heard: str | list[TResponseInputItem]) -> str:
    if isinstance(heard, str):
        return heard
    content: Any = heard[-1].get("content", "")
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def _message(text: str) -> ResponseOutputMessage:
    content = ResponseOutputText(type="output_text", text=text, annotations=[])
    return ResponseOutputMessage(id="answer", type="message", role="assistant", status="completed", content=[content])


def _response(text: str) -> Response:
    return Response(
        id="response",
        object="response",
        created_at=time.time(),
        model="grey",
        output=[_message(text)],
        parallel_tool_calls=False,
        tool_choice="none",
        tools=[],
        status="completed",
    )


plugin = ProviderPlugin(
    name="parrot",
    settings=ParrotSettings,
    build=ParrotProvider,
    missing=lambda settings: "",  # What to do before it can be chosen, such as which key to set.
    detect=lambda settings: False,  # Whether a start without LLM_PROVIDER should choose it.
)
