"""The Agents SDK's model for the Responses API, with our patience and our failures around it."""

from collections.abc import Sequence
from contextlib import aclosing
from typing import Any, cast

from agents import (
    AgentOutputSchemaBase,
    Handoff,
    Model,
    ModelResponse,
    ModelSettings,
    ModelTracing,
    OpenAIResponsesModel,
    Tool,
)
from agents.items import TResponseInputItem, TResponseStreamEvent
from openai import AsyncOpenAI, omit
from openai.types.responses import Response, ResponseCompletedEvent, ResponseIncompleteEvent

from app.adapters.providers.shared.errors import Origin, failed, model_error, upstream_error
from app.adapters.providers.shared.history import Item, paired, plain
from app.adapters.providers.shared.idle_timeout import Watch
from app.adapters.providers.shared.model_requests import collected
from app.adapters.providers.shared.request_body import LongTexts
from app.adapters.providers.shared.retries import PREAMBLE, Events, retrying
from app.adapters.providers.shared.settings import UpstreamSettings
from app.aio.lazy_value import LazyValue
from app.ports.model_provider import FailureKind

_INCOMPLETE: dict[str, FailureKind] = {"max_output_tokens": "truncated", "content_filter": "content_filtered"}


class _Inner(OpenAIResponsesModel):
    """The Agents SDK's, which hands its tools over as the upstream is to get them.

    The `openai` package compares each with the types of all tools that there are, a millisecond for each, in one go.
    Where the method had another name, it would do so again.
    """

    def _build_response_create_kwargs(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        request = super()._build_response_create_kwargs(*args, **kwargs)
        return {**request, "tools": omit, "extra_body": {"tools": request["tools"], **(request["extra_body"] or {})}}


class ResponsesModel(Model):
    """One model. The upstream keeps nothing: it is told the whole history each time. Asks nobody before `rehearsed`."""

    def __init__(
        self,
        client: AsyncOpenAI,
        model: str,
        *,
        reasons: bool,
        rehearsed: LazyValue[None],
        origin: Origin,
        settings: UpstreamSettings,
    ) -> None:
        self._inner = _Inner(model=model, openai_client=client)
        self._rehearsed = rehearsed
        self._reasons = reasons
        self._origin = origin
        self._settings = settings

    async def get_response(self, *args: Any, **kwargs: Any) -> ModelResponse:
        """The whole answer at once; asked for as a stream all the same, for its timeouts and checks."""
        return await collected(self.stream_response(*args, **kwargs))

    async def stream_response(
        self,
        system_instructions: str | None,
        input: str | list[TResponseInputItem],
        model_settings: ModelSettings,
        tools: list[Tool],
        output_schema: AgentOutputSchemaBase | None,
        handoffs: list[Handoff],
        tracing: ModelTracing,
        **_: object,
    ) -> Events:
        """Stream an answer. Conversations and prompts kept by the upstream are not used."""
        await self._rehearsed.get()
        try:
            history = _said(input) if isinstance(input, str) else _told(cast(Sequence[Item], input), self._reasons)
            long = LongTexts(history)
        except Exception as error:  # history comes from anywhere
            raise model_error(error, self._origin) from None
        # Without `store` the upstream forgets a thought unless it is handed over, sealed.
        sealed = ["reasoning.encrypted_content"] if self._reasons else None
        # The `openai` package compares what it is given as input with the types of all items that there are, a
        # millisecond for each, in one go. What a body has besides, it takes as it is.
        body = {**cast(dict[str, Any], model_settings.extra_body or {}), "input": long.rest}
        headers = {**(model_settings.extra_headers or {}), **long.headers}
        settings = model_settings.resolve(
            ModelSettings(store=False, response_include=cast(Any, sealed), extra_body=body, extra_headers=headers)
        )

        def attempt() -> Events:
            return self._attempt(
                self._inner.stream_response(system_instructions, [], settings, tools, output_schema, handoffs, tracing)
            )

        async with aclosing(retrying(attempt, self._settings)) as events:
            async for event in events:
                yield event

    async def _attempt(self, stream: Any) -> Events:
        watch = Watch(self._settings, self._origin)
        begun = False
        try:
            async with aclosing(cast(Events, stream)) as events:
                while (event := await watch.wait(anext(events, None))) is not None:
                    begun = True
                    if event.type not in PREAMBLE:
                        watch.heard()
                    if (last := self._last(event)) is not None:
                        yield last
                        return
                    yield event
        except Exception as error:  # whatever it was, only a `ModelError` leaves
            failure = model_error(error, self._origin)
            if begun and failure.kind == "network":
                failure = failed("interrupted", self._origin, "the connection broke within the answer")
            raise failure from None
        finally:
            watch.close()
        raise failed("interrupted" if begun else "empty", self._origin, "the stream ended without its last event")

    def _last(self, event: Any) -> TResponseStreamEvent | None:
        """The event that ends a good answer. Raises `ModelError` for one that ends a bad one."""
        match event.type:
            case "response.completed":
                self._judge(event.response)
                return cast(ResponseCompletedEvent, event)
            case "response.incomplete":
                return self._cut_off(event)
            case "response.failed":
                error = event.response.error
                raise upstream_error(error.model_dump() if error else None, self._origin)
            case "error" | "response.error":
                raise upstream_error({"code": event.code, "message": event.message}, self._origin)
        return None

    def _judge(self, response: Response) -> None:
        parts = [part for item in response.output if item.type == "message" for part in item.content]
        if any(part.type == "refusal" for part in parts):
            raise failed("content_filtered", self._origin, "the model refused")
        if not any(item.type not in {"message", "reasoning"} for item in response.output) and not any(
            part.type == "output_text" and part.text for part in parts
        ):
            raise failed("empty", self._origin, "a response without output")

    def _cut_off(self, event: ResponseIncompleteEvent) -> ResponseCompletedEvent:
        """Words that reached the length limit still count; a call that did is not to be made."""
        response = event.response
        reason = (response.incomplete_details.reason if response.incomplete_details else None) or "unknown"
        said = any(item.type == "message" for item in response.output)
        called = any(item.type == "function_call" for item in response.output)
        if reason != "max_output_tokens" or called or not said:
            raise failed(_INCOMPLETE.get(reason, "interrupted"), self._origin, f"incomplete: {reason}")
        return ResponseCompletedEvent(
            type="response.completed", response=response, sequence_number=event.sequence_number
        )


def _said(text: str) -> list[Item]:
    return [{"role": "user", "content": text}]


def _told(items: Sequence[Item], reasons: bool) -> list[Item]:
    """The history in plain items, and the sealed thoughts of the turn under way, which its calls must not lack."""
    ordered = paired(items)
    users = [index for index, item in enumerate(ordered) if item.get("role") == "user"]
    turn = users[-1] if users else 0
    told: list[Item] = []
    for index, item in enumerate(ordered):
        if item.get("type") == "reasoning":
            followed = index + 1 < len(ordered) and ordered[index + 1].get("type") == "function_call"
            if reasons and index > turn and followed and _is_ours(item):
                told.append({key: item[key] for key in ("type", "id", "summary", "encrypted_content")})
        elif (shown := plain(item)) is not None:
            told.append(shown)
    return told


def _is_ours(thought: Item) -> bool:
    """Sealed by OpenAI: other providers leave a mark, or an id of another form."""
    return bool(
        thought.get("encrypted_content")
        and str(thought.get("id", "")).startswith("rs_")
        and not thought.get("provider_data")
    )
