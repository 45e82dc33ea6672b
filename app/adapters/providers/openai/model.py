"""Responses API model: the Agents SDK's, with our timeouts, retries and error mapping."""

from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any, cast

from agents import (
    AgentOutputSchemaBase,
    Handoff,
    Model,
    ModelResponse,
    ModelSettings,
    ModelTracing,
    Tool,
)
from agents.items import TResponseInputItem, TResponseStreamEvent
from msgspec import structs
from openai import APIStatusError, AsyncOpenAI
from openai.types.responses import Response, ResponseCompletedEvent, ResponseIncompleteEvent, ResponsePromptParam
from openai.types.shared import Reasoning

from app.adapters.providers.openai.settings import OpenAISettings
from app.adapters.providers.shared.client import agent_headers
from app.adapters.providers.shared.errors import Origin, failed, model_error, upstream_error
from app.adapters.providers.shared.history import Item, pair_calls, portable_item
from app.adapters.providers.shared.idle_timeout import IdleTimeout
from app.adapters.providers.shared.model_requests import collect_response
from app.adapters.providers.shared.model_settings import allowed, refused_by_openai
from app.adapters.providers.shared.reasoning import ReasoningParameters
from app.adapters.providers.shared.request_body import DetachedTexts
from app.adapters.providers.shared.retries import PREAMBLE, Events, retry_with_backoff
from app.aio.lazy_value import LazyValue
from app.domain.hosted_items import IMAGE, approves_call, is_hosted
from app.patches.raw_response_tools import responses_model
from app.ports.model_provider import FailureKind

_INCOMPLETE: dict[str, FailureKind] = {"max_output_tokens": "truncated", "content_filter": "content_filtered"}


class ResponsesModel(Model):
    """Model of the Responses API. The upstream stores nothing, so each request holds the history."""

    def __init__(
        self,
        client: AsyncOpenAI,
        model: str,
        *,
        reasoning: ReasoningParameters,
        warmed_up: LazyValue[None],
        origin: Origin,
        settings: OpenAISettings,
    ) -> None:
        self._inner = responses_model()(model=model, openai_client=client)
        self._warmed_up = warmed_up
        self._reasoning = reasoning
        self._origin = origin
        self._settings = settings

    async def get_response(self, *args: Any, **kwargs: Any) -> ModelResponse:
        """Return the whole response at once. It is still requested as a stream, for its timeouts and checks."""
        return await collect_response(self.stream_response(*args, **kwargs))

    async def stream_response(
        self,
        system_instructions: str | None,
        input: str | list[TResponseInputItem],
        model_settings: ModelSettings,
        tools: list[Tool],
        output_schema: AgentOutputSchemaBase | None,
        handoffs: list[Handoff],
        tracing: ModelTracing,
        *,
        prompt: ResponsePromptParam | None = None,
        **_: object,
    ) -> Events:
        """Stream a response. Conversations stored by the upstream are not used. Raises `ModelError`."""
        await self._warmed_up.get()
        model_settings = allowed(model_settings, refused_by_openai(self._origin.model))
        try:
            history = (
                _user_item(input)
                if isinstance(input, str)
                else _input_items(cast(Sequence[Item], input), self._reasoning.family.sealed)
            )
            long = DetachedTexts(history)
        except Exception as error:  # items may have been written by any provider
            raise model_error(error, self._origin) from None
        # The `openai` package validates `input` against all item types, a millisecond for each item, without a
        # yield. It does not validate `extra_body`.
        body = {**cast(dict[str, Any], model_settings.extra_body or {}), "input": long.remainder}
        headers = {**agent_headers(model_settings.extra_headers), **long.headers}
        wanted = self._reasoning.responses_fields(model_settings)
        own = model_settings.resolve(ModelSettings(store=False, extra_body=body, extra_headers=headers))

        # After a hosted call nothing more has to come: the image that it made may be the whole answer.
        may_be_empty = is_hosted(history[-1]) if history else False

        def attempt() -> Events:
            fields = self._reasoning.accepted(wanted)
            reasoning = Reasoning(**fields["reasoning"]) if "reasoning" in fields else None
            include = [*(own.response_include or ()), *fields.get("include", ())]
            settings = replace(own, reasoning=reasoning, response_include=include)
            stream = self._inner.stream_response(
                system_instructions, [], settings, tools, output_schema, handoffs, tracing, prompt=prompt
            )
            return self._attempt(stream, fields, may_be_empty)

        settings = structs.replace(self._settings, retries=0) if approves_call(history) else self._settings
        async with aclosing(retry_with_backoff(attempt, settings)) as events:
            async for event in events:
                yield event

    async def _attempt(self, stream: Any, reasoning: Mapping[str, Any], may_be_empty: bool) -> Events:
        idle_timeout = IdleTimeout(self._settings, self._origin)
        has_begun = False
        hosted_calls: set[int] = set()
        try:
            async with aclosing(cast(Events, stream)) as events:
                while (event := await idle_timeout.wait(anext(events, None))) is not None:
                    has_begun = True
                    if event.type not in PREAMBLE:
                        self._restart(idle_timeout, event, hosted_calls)
                    if (last := self._last(event, may_be_empty)) is not None:
                        yield last
                        return
                    yield event
        except Exception as error:  # callers expect only `ModelError`
            if isinstance(error, APIStatusError):
                self._reasoning.learn(reasoning, error.status_code, error.body)
            failure = model_error(error, self._origin)
            if has_begun and failure.kind == "network":
                failure = failed("interrupted", self._origin, "the connection broke within the answer")
            raise failure from None
        finally:
            idle_timeout.close()
        raise failed("interrupted" if has_begun else "empty", self._origin, "the stream ended without its last event")

    def _restart(self, idle_timeout: IdleTimeout, event: Any, hosted_calls: set[int]) -> None:
        """Restart the timeout for the next event; `hosted_calls` are the output indexes of the calls that run."""
        if event.type == "response.output_item.added" and is_hosted({"type": event.item.type}):
            hosted_calls.add(event.output_index)
        elif event.type == "response.output_item.done":
            hosted_calls.discard(event.output_index)
        if hosted_calls:
            idle_timeout.allow_silence(self._settings.hosted_call_timeout)
        else:
            idle_timeout.token_received()

    def _last(self, event: Any, may_be_empty: bool) -> TResponseStreamEvent | None:
        """Completed event of a valid response, None for other events. Raises `ModelError` for a failed one."""
        match event.type:
            case "response.completed":
                self._judge(event.response, may_be_empty)
                return cast(ResponseCompletedEvent, event)
            case "response.incomplete":
                return self._truncated(event)
            case "response.failed":
                error = event.response.error
                raise upstream_error(error.model_dump() if error else None, self._origin)
            case "error" | "response.error":
                raise upstream_error({"code": event.code, "message": event.message}, self._origin)
        return None

    def _judge(self, response: Response, may_be_empty: bool) -> None:
        parts = [part for item in response.output if item.type == "message" for part in item.content]
        if any(part.type == "refusal" for part in parts):
            raise failed("content_filtered", self._origin, "the model refused")
        if (
            not may_be_empty
            and not any(item.type not in {"message", "reasoning"} for item in response.output)
            and not any(part.type == "output_text" and part.text for part in parts)
        ):
            raise failed("empty", self._origin, "a response without output")

    def _truncated(self, event: ResponseIncompleteEvent) -> ResponseCompletedEvent:
        """Accept text truncated by the length limit; refuse a truncated tool call."""
        response = event.response
        reason = (response.incomplete_details.reason if response.incomplete_details else None) or "unknown"
        has_message = any(item.type == "message" for item in response.output)
        has_call = any(item.type == "function_call" for item in response.output)
        if reason != "max_output_tokens" or has_call or not has_message:
            raise failed(_INCOMPLETE.get(reason, "interrupted"), self._origin, f"incomplete: {reason}")
        return ResponseCompletedEvent(
            type="response.completed", response=response, sequence_number=event.sequence_number
        )


def _user_item(text: str) -> list[Item]:
    return [{"role": "user", "content": text}]


def _input_items(items: Sequence[Item], sealed: bool) -> list[Item]:
    """History in portable items, with the encrypted reasoning of the current turn, which its calls require."""
    ordered = pair_calls(_paired(items), hosted=True)
    users = [index for index, item in enumerate(ordered) if item.get("role") == "user"]
    turn = users[-1] if users else 0
    kept: list[Item] = []
    for index, item in enumerate(ordered):
        if item.get("type") == "reasoning":
            followed = index + 1 < len(ordered) and _is_call(ordered[index + 1])
            if sealed and index > turn and followed and _sealed_here(item):
                kept.append({key: item[key] for key in ("type", "id", "summary", "encrypted_content")})
        elif (portable := portable_item(item)) is not None and (item.get("type") != IMAGE or item.get("result")):
            kept.append({**portable, **_origin_of_call(item)})
    return kept


def _origin_of_call(item: Item) -> Item:
    """The namespace of a function, and the program that called it: a call without them is one of another function."""
    is_call = item.get("type") in {"function_call", "function_call_output"}
    return {key: item[key] for key in ("namespace", "caller") if item.get(key)} if is_call else {}


def _is_call(item: Item) -> bool:
    return item.get("type") == "function_call" or is_hosted(item)


def _paired(items: Sequence[Item]) -> list[Item]:
    """The items without halves of hosted pairs, which the API refuses: a call with a `call_id` and its output, an
    approval request and its response."""
    halves: dict[str, set[bool]] = {}
    for item in items:
        if half := _half(item):
            halves.setdefault(half[0], set()).add(half[1])
    return [item for item in items if not (half := _half(item)) or len(halves[half[0]]) > 1]


def _half(item: Item) -> tuple[str, bool] | None:
    """The key of a hosted pair, and whether the item is its first half; None for an item that stands alone."""
    kind = str(item.get("type", "message"))
    if not is_hosted(item):
        return None
    if kind in {"mcp_approval_request", "mcp_approval_response"}:
        return str(item.get("approval_request_id") or item.get("id")), kind == "mcp_approval_request"
    return (str(item["call_id"]), not kind.endswith("_output")) if item.get("call_id") else None


def _sealed_here(thought: Item) -> bool:
    """True for reasoning encrypted by OpenAI: other providers set `provider_data` or another form of id."""
    return bool(
        thought.get("encrypted_content")
        and str(thought.get("id", "")).startswith("rs_")
        and not thought.get("provider_data")
    )
