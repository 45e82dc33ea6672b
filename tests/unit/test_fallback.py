"""Fallback model: the next candidate answers when a model fails before its first text."""

from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any

import pytest
from agents import Model, ModelResponse
from openai.types.responses import ResponseCreatedEvent, ResponseTextDeltaEvent

from app.adapters.agents_sdk.models.fallback import CircuitBreakers, FallbackModel
from app.domain.model_ref import ModelRef
from app.ports.model_provider import FailureKind, ModelError

FIRST, SECOND = ModelRef("a", "one"), ModelRef("b", "two")


def delta(text: str) -> Any:
    return ResponseTextDeltaEvent.model_construct(type="response.output_text.delta", delta=text)


CREATED: Any = ResponseCreatedEvent.model_construct(type="response.created")


class ScriptedEvents(Model):
    """A model that streams the given events, and raises the given exceptions in their place."""

    def __init__(self, *events: Any) -> None:
        self.events = events
        self.asked = 0

    async def get_response(self, *args: Any, **kwargs: Any) -> ModelResponse:
        raise NotImplementedError

    async def stream_response(self, *args: Any, **kwargs: Any) -> AsyncGenerator[Any, None]:
        self.asked += 1
        for event in self.events:
            if isinstance(event, Exception):
                raise event
            yield event


def failed(kind: FailureKind) -> ModelError:
    return ModelError("sorry", kind=kind)


def both(first: ScriptedEvents, second: ScriptedEvents, breakers: CircuitBreakers | None = None) -> FallbackModel:
    models: dict[ModelRef, Model] = {FIRST: first, SECOND: second}
    return FallbackModel([FIRST, SECOND], models.__getitem__, breakers or CircuitBreakers())


async def collect(model: FallbackModel) -> list[Any]:
    return [event async for event in model.stream_response("", [])]


@pytest.mark.parametrize("kind", ["rate_limited", "overloaded", "network", "timeout", "bad_key"])
async def test_the_next_answers_when_the_first_fails_before_its_first_word(kind: FailureKind) -> None:
    model = both(ScriptedEvents(CREATED, failed(kind)), ScriptedEvents(CREATED, delta("hi")))
    assert await collect(model) == [CREATED, delta("hi")]
    assert [(attempt.ref, attempt.failure) for attempt in model.attempts] == [(FIRST, kind), (SECOND, None)]


async def test_never_after_a_word_was_shown() -> None:
    second = ScriptedEvents(delta("other"))
    model = both(ScriptedEvents(delta("half"), failed("network")), second)
    with pytest.raises(ModelError):
        await collect(model)
    assert second.asked == 0


async def test_never_for_a_request_that_lets_a_hosted_server_act() -> None:
    """The call may have been made although its request failed."""
    for approved, asked in ((True, 0), (False, 1)):
        response = {"type": "mcp_approval_response", "approval_request_id": "mcpr_1", "approve": approved}
        output = {"type": "function_call_output", "call_id": "call_1", "output": "done"}
        second = ScriptedEvents(delta("other"))
        with suppress(ModelError):
            model = both(ScriptedEvents(failed("network")), second)
            assert [event async for event in model.stream_response("", [response, output])]
        assert second.asked == asked


@pytest.mark.parametrize("kind", ["content_filtered", "context_too_long", "rejected"])
async def test_not_for_what_another_would_refuse_as_well(kind: FailureKind) -> None:
    second = ScriptedEvents(delta("other"))
    with pytest.raises(ModelError):
        await collect(both(ScriptedEvents(failed(kind)), second))
    assert second.asked == 0


async def test_the_last_failure_is_the_answer_when_all_fail() -> None:
    with pytest.raises(ModelError) as raised:
        await collect(both(ScriptedEvents(failed("network")), ScriptedEvents(failed("overloaded"))))
    assert raised.value.kind == "overloaded"


async def test_a_model_that_keeps_failing_is_skipped_while_its_breaker_is_open() -> None:
    now = [0.0]
    breakers = CircuitBreakers(threshold=2, open_seconds=30, clock=lambda: now[0])
    first = ScriptedEvents(failed("overloaded"))
    for _ in range(3):
        await collect(both(first, ScriptedEvents(delta("hi")), breakers))
    assert first.asked == 2
    now[0] = 31.0
    await collect(both(first, ScriptedEvents(delta("hi")), breakers))
    assert first.asked == 3


async def test_when_all_are_passed_over_they_are_asked_all_the_same() -> None:
    breakers = CircuitBreakers(threshold=1, open_seconds=30)
    for _ in range(2):
        with pytest.raises(ModelError):
            await collect(both(ScriptedEvents(failed("network")), ScriptedEvents(failed("network")), breakers))
    assert await collect(both(ScriptedEvents(delta("hi")), ScriptedEvents(), breakers)) == [delta("hi")]
