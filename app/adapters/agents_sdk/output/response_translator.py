"""Response translator: turns the raw events of one model response into calls of the outlet."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, cast

from agents import AgentOutputSchemaBase, Model, ModelResponse, ModelSettings
from agents.items import TResponseInputItem, TResponseStreamEvent
from openai.types.responses import Response

from app.adapters.agents_sdk.input.replayable_items import replayable
from app.adapters.agents_sdk.models.reasoning import shows_thoughts
from app.adapters.agents_sdk.models.request_ledger import RequestLedger
from app.adapters.agents_sdk.output.hosted_tools import HostedSteps, fields_of, is_step
from app.adapters.agents_sdk.output.image_items import ImageItems
from app.adapters.agents_sdk.output.message import Message
from app.adapters.agents_sdk.output.outlet import Outlet
from app.adapters.agents_sdk.output.structured_messages import TEXT_EVENTS, structured_messages
from app.adapters.agents_sdk.output.thoughts import Thoughts
from app.adapters.agents_sdk.run.argument_size import bound_arguments
from app.adapters.agents_sdk.run.transcript import RunTranscript
from app.chatkit_json.item_fields import IncompleteReason
from app.domain.hosted_items import IMAGE
from app.ports.delta_sink import DeltaReceiver, delta_receiver


class ResponseTranslator:
    """Translates the events of one response; also the model's `DeltaReceiver`.

    Messages are identified by their output index, not by the ids in the events: every model that is not on the
    Responses API gives all items the same fake id.
    """

    def __init__(
        self,
        outlet: Outlet,
        transcript: RunTranscript,
        *,
        thoughts: bool = True,
        schema: AgentOutputSchemaBase | None = None,
    ) -> None:
        self._outlet = outlet
        self._schema = None if schema is None or schema.is_plain_text() else schema
        outlet.structured = self._schema is not None
        self._thoughts = Thoughts(outlet.workflow) if thoughts else None
        self._messages: dict[int, Message] = {}
        self._item_ids: dict[int, str] = {}
        self._steps = HostedSteps(outlet)
        self._images = ImageItems(outlet, transcript)
        self._done: set[int] = set()
        self._open_part: tuple[Message, int] | None = None
        self._handlers: dict[str, Callable[[Any], Awaitable[None] | None]] = {
            "response.output_text.delta": self._text_delta,
            "response.output_text.done": self._text_done,
            "response.refusal.delta": self._text_delta,
            "response.refusal.done": self._refusal_done,
            **(self._thoughts.handlers() if self._thoughts else {}),
            "response.output_text.annotation.added": self._citation,
            "response.image_generation_call.partial_image": self._images.preview,
            "response.output_item.added": self._item_added,
            **self._steps.handlers,
            "response.output_item.done": lambda event: self._early_item(event.output_index, event.item),
            "response.completed": self._completed,
        }
        if self._schema is not None:
            for name in TEXT_EVENTS:
                del self._handlers[name]

    def message_ids(self) -> list[str]:
        """Return the ids of the thread items that show the response, in order."""
        return list(self._item_ids.values())

    def truncate(self, reason: IncompleteReason) -> None:
        """Mark the last message of a response that ended early; the response is complete for the SDK."""
        self._outlet.incomplete = reason
        if self._messages:
            self._messages[max(self._messages)].truncate(reason)

    def feed(self, event: TResponseStreamEvent) -> Awaitable[None] | None:
        """Translate one event; events without a handler are dropped. The caller awaits the rest of the work, if any."""
        handler = self._handlers.get(event.type)
        return None if handler is None else handler(event)

    def write(self, text: str) -> None:
        """Append text of the delta fast path to the part of the newest delta event."""
        if self._schema is not None:
            return
        if self._open_part is None:
            raise AssertionError("the delta fast path starts after the first delta of a text")
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

    def _citation(self, event: Any) -> None:
        self._message(event.output_index).cite(event.content_index, event.annotation)

    async def _completed(self, event: Any) -> None:
        """Show the items that no earlier event showed: a model may send this event alone.

        Only now it is known which messages of a response with an output type are not its JSON.
        """
        output = event.response.output
        left_out = self._done | (structured_messages(output, self._schema) if self._schema else set())
        for output_index, item in enumerate(output):
            if output_index not in left_out and (rest := self._item_done(output_index, item)) is not None:
                await rest

    def _early_item(self, output_index: int, item: Any) -> Awaitable[None] | None:
        held_back = self._schema is not None and item.type == "message"
        return None if held_back else self._item_done(output_index, item)

    def _item_added(self, event: Any) -> None:
        if event.item.type == IMAGE:
            self._item_ids[event.output_index] = self._images.start(event.output_index).id
        elif is_step(event.item.type):
            self._steps.start(event.output_index, event.item.type, fields_of(event.item))

    def _item_done(self, output_index: int, item: Any) -> Awaitable[None] | None:
        self._done.add(output_index)
        if item.type == "reasoning" and self._thoughts:
            self._thoughts.item_done(output_index, item)
        elif item.type == "message":
            self._message_done(output_index, item)
        elif item.type == IMAGE:
            return self._image_done(output_index, item)
        elif is_step(item.type):
            self._steps.finish(output_index, fields_of(item))
        return None

    async def _image_done(self, output_index: int, item: Any) -> None:
        shown = await self._images.finish(output_index, fields_of(item))
        if shown is None:
            self._item_ids.pop(output_index, None)
        else:
            self._item_ids[output_index] = shown

    def _message_done(self, output_index: int, item: Any) -> None:
        texts = [_text_of(part) for part in item.content]
        if output_index not in self._messages and not any(texts):
            return  # A message without text would be an empty bubble.
        message = self._message(output_index)
        for index, part in enumerate(item.content):
            for citation in getattr(part, "annotations", None) or ():
                message.cite(index, citation)
        message.show_missing(texts)
        self._outlet.close_message(message)

    def _message(self, output_index: int) -> Message:
        if output_index not in self._messages:
            self._messages[output_index] = self._outlet.open_message()
            self._item_ids[output_index] = self._messages[output_index].id
        return self._messages[output_index]


def _text_of(part: Any) -> str:
    """The text of a content part; a part of a type that no package knows has none."""
    fields = {"output_text": "text", "refusal": "refusal"}
    return getattr(part, fields.get(part.type, ""), None) or ""


class RunPausedError(Exception):
    """Ends a run that waits for an answer, in place of its next request."""


class OutletModel(Model):
    """A model that sends its events straight to the outlet and gives the SDK the whole response at its end.

    The SDK would pass each event through its own queues, which costs more than all other work on a token. Its loop
    decides on whole responses only, so it needs no single events.
    """

    def __init__(self, model: Model, outlet: Outlet, transcript: RunTranscript, ledger: RequestLedger) -> None:
        self._model = model
        self._outlet = outlet
        self._transcript = transcript
        self._ledger = ledger

    async def get_response(self, *args: Any, **kwargs: Any) -> ModelResponse:
        """Stream one response to the outlet and return it whole.

        The stream is read to its end, because the wrapped model counts a response only there.
        """
        complete: ModelResponse | None = None
        async with aclosing(self.stream_response(*args, **kwargs)) as events:
            async for event in events:
                if event.type == "response.completed":
                    usage = self._ledger.count(event.response.usage)
                    complete = ModelResponse(output=event.response.output, usage=usage, response_id=None)
        if complete is None:
            raise AssertionError("a stream that does not fail ends with a response")
        return complete

    async def stream_response(
        self,
        system_instructions: str | None,
        input: str | list[TResponseInputItem],
        model_settings: ModelSettings,
        *args: Any,
        **kwargs: Any,
    ) -> AsyncGenerator[TResponseStreamEvent, None]:
        """Stream one response, translate its events, and record it in the transcript.

        Raises `RunPausedError` instead when a tool waits for an answer of the user or the page.
        """
        if self._outlet.questions.open_call is not None:
            raise RunPausedError
        self._transcript.request_sent(input)
        if system_instructions is not None and not isinstance(system_instructions, str):
            raise TypeError(f"the instructions are {type(system_instructions).__name__}, expected a text")
        translator = ResponseTranslator(
            self._outlet, self._transcript, thoughts=shows_thoughts(model_settings), schema=_schema(*args, **kwargs)
        )
        stream = cast(
            AsyncGenerator[TResponseStreamEvent, None],
            self._model.stream_response(system_instructions, input, model_settings, *args, **kwargs),
        )
        async with aclosing(stream):
            while (event := await _next(stream, translator)) is not None:
                if (rest := translator.feed(event)) is not None:
                    await rest
                if event.type == "response.completed":
                    event.response.output = replayable(event.response.output)
                    bound_arguments(event.response.output)
                    self._transcript.response_received(event.response.output)
                    self._outlet.item_ids += translator.message_ids()
                    if _is_truncated(event.response):
                        translator.truncate("max_output_tokens")
                yield event

    async def close(self) -> None:
        """Do nothing: the provider closes its models, not a run."""


def _schema(
    tools: object = None, output_schema: AgentOutputSchemaBase | None = None, *_: object, **__: object
) -> AgentOutputSchemaBase | None:
    return output_schema


def _is_truncated(response: Response) -> bool:
    """True for a response that reached its token limit; a response that calls tools continues."""
    details = response.incomplete_details
    at_limit = details is not None and details.reason == "max_output_tokens"
    return at_limit and not any(item.type == "function_call" for item in response.output)


async def _next(
    stream: AsyncGenerator[TResponseStreamEvent, None], receiver: DeltaReceiver
) -> TResponseStreamEvent | None:
    """The next event of a stream whose model may use the delta fast path; the token keeps other models off it."""
    token = delta_receiver.set(receiver)
    try:
        return await anext(stream, None)
    finally:
        delta_receiver.reset(token)
