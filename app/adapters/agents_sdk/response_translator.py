"""One model response, from the Agents SDK's raw events to the outlet."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any, cast

from agents import Model, ModelResponse
from agents.items import TResponseInputItem, TResponseStreamEvent
from agents.usage import Usage
from openai.types.responses import Response, ResponseUsage

from app.adapters.agents_sdk.argument_size import bound_arguments
from app.adapters.agents_sdk.outlet import Message, Outlet
from app.adapters.agents_sdk.run_transcript import RunTranscript
from app.chatkit_json.item_fields import IncompleteReason
from app.ports.delta_sink import DeltaReceiver, delta_receiver


class ResponseTranslator:
    """Translates the events of one response.

    The ids in them are not used: every model that is not on the Responses API gives all items the same fake id.
    Messages are told apart by their output index instead. It is also the `DeltaReceiver` of the model.
    """

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self._messages: dict[int, Message] = {}
        self._done: set[int] = set()
        self._open_part: tuple[Message, int] | None = None
        self._handlers: dict[str, Callable[[Any], None]] = {
            "response.output_text.delta": self._text_delta,
            "response.output_text.done": self._text_done,
            "response.refusal.delta": self._text_delta,
            "response.refusal.done": self._refusal_done,
            "response.reasoning_summary_text.delta": self._thought,
            "response.output_item.done": lambda event: self._item_done(event.output_index, event.item),
            "response.completed": self._completed,
        }

    def message_ids(self) -> list[str]:
        """The thread items that the response was shown as."""
        return [message.id for message in self._messages.values()]

    def cut_off(self, reason: IncompleteReason) -> None:
        """The response, which is complete for the model, ended early: its last message shows it."""
        self._outlet.incomplete = reason
        if self._messages:
            self._messages[max(self._messages)].cut_off(reason)

    def feed(self, event: TResponseStreamEvent) -> None:
        """Pass on what an event means for the user; events that mean nothing to them are dropped."""
        handler = self._handlers.get(event.type)
        if handler is not None:
            handler(event)

    def write(self, text: str) -> None:
        """Append text of the delta fast path to the part of the newest delta event."""
        if self._open_part is None:
            raise AssertionError("the delta fast path begins behind the first delta of a text")
        message, part = self._open_part
        message.add(part, text)

    def _text_delta(self, event: Any) -> None:
        if event.delta:
            message = self._message(event.output_index)
            message.add(event.content_index, event.delta)
            self._open_part = message, event.content_index

    def _text_done(self, event: Any) -> None:
        if event.text:
            self._message(event.output_index).finish_part(event.content_index, event.text)

    def _refusal_done(self, event: Any) -> None:
        if event.refusal:
            self._message(event.output_index).finish_part(event.content_index, event.refusal)

    def _thought(self, event: Any) -> None:
        key = f"{event.output_index}.{event.summary_index}.{id(self)}"
        self._outlet.workflow().think(key, event.delta)

    def _completed(self, event: Any) -> None:
        """A model may leave out every event but this one; what was not shown by then is shown now."""
        for output_index, item in enumerate(event.response.output):
            if output_index not in self._done:
                self._item_done(output_index, item)

    def _item_done(self, output_index: int, item: Any) -> None:
        self._done.add(output_index)
        if item.type != "message":
            return
        texts: list[str] = [part.text if part.type == "output_text" else part.refusal for part in item.content]
        if output_index not in self._messages and not any(texts):
            return  # A message without a word is not worth an empty bubble.
        message = self._message(output_index)
        if message.is_empty:
            for index, text in enumerate(texts):
                message.finish_part(index, text)
        self._outlet.close_message(message)

    def _message(self, output_index: int) -> Message:
        if output_index not in self._messages:
            self._messages[output_index] = self._outlet.open_message()
        return self._messages[output_index]


class OutletModel(Model):
    """A model whose events reach the outlet the moment they arrive; the SDK is told the whole response at once.

    The SDK would pass each event through queues of its own, which costs more than everything else about a token, only
    for us to drop it at the end. It decides on whole responses alone, so that it misses nothing.
    """

    def __init__(self, model: Model, outlet: Outlet, transcript: RunTranscript) -> None:
        self._model = model
        self._outlet = outlet
        self._transcript = transcript

    async def get_response(self, *args: Any, **kwargs: Any) -> ModelResponse:
        """One response, shown while it comes; read to its end, because only there the model beneath counts it."""
        response: Response | None = None
        async with aclosing(self.stream_response(*args, **kwargs)) as events:
            async for event in events:
                if event.type == "response.completed":
                    response = event.response
        if response is None:
            raise AssertionError("a stream that does not fail ends with a response")
        return ModelResponse(output=response.output, usage=_usage(response.usage), response_id=None)

    async def stream_response(
        self,
        system_instructions: str | None,
        input: str | list[TResponseInputItem],
        *args: Any,
        **kwargs: Any,
    ) -> AsyncGenerator[TResponseStreamEvent, None]:
        """Stream, translate and write down one response."""
        self._transcript.asked(input)
        translator = ResponseTranslator(self._outlet)
        stream = cast(
            AsyncGenerator[TResponseStreamEvent, None],
            self._model.stream_response(system_instructions, input, *args, **kwargs),
        )
        async with aclosing(stream):
            while (event := await _next(stream, translator)) is not None:
                translator.feed(event)
                if event.type == "response.completed":
                    bound_arguments(event.response.output)
                    self._transcript.answered(event.response.output)
                    self._outlet.item_ids += translator.message_ids()
                    if _ends_at_its_limit(event.response):
                        translator.cut_off("max_output_tokens")
                yield event

    async def close(self) -> None:
        """The provider closes its models, not a run."""


def _ends_at_its_limit(response: Response) -> bool:
    """True for an answer that the limit of its length cut off; one that calls tools goes on."""
    details = response.incomplete_details
    cut_off = details is not None and details.reason == "max_output_tokens"
    return cut_off and not any(item.type == "function_call" for item in response.output)


def _usage(used: ResponseUsage | None) -> Usage:
    """One request, and what it took if that was counted."""
    if used is None:
        return Usage(requests=1)
    return Usage(
        requests=1,
        input_tokens=used.input_tokens,
        output_tokens=used.output_tokens,
        total_tokens=used.total_tokens,
        input_tokens_details=used.input_tokens_details,
        output_tokens_details=used.output_tokens_details,
    )


async def _next(
    stream: AsyncGenerator[TResponseStreamEvent, None], receiver: DeltaReceiver
) -> TResponseStreamEvent | None:
    """The next event of a stream whose model may use the delta fast path; the token keeps other models off it."""
    token = delta_receiver.set(receiver)
    try:
        return await anext(stream, None)
    finally:
        delta_receiver.reset(token)
