"""What every `ModelProvider` promises about reasoning, over real HTTP and against a wire that refuses wrong fields."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, ClassVar, Literal, cast

from agents import ModelSettings
from openai.types.shared import Reasoning
from structlog.testing import capture_logs

from app.adapters.providers.shared.reasoning.families import EFFORTS
from app.ports.model_provider import ModelProvider
from tests.contracts.provider_subject import Subject, until_failure
from tests.contracts.response_events import heard
from tests.fakes.dialects import Asked, Dialect
from tests.fakes.upstream import Upstream

Summary = Literal["auto", "concise", "detailed"]


class ReasoningContract(ABC):
    """Subclass as `Test…`. `reasons` and `plain` are models of the provider that do and do not reason."""

    dialect: ClassVar[Dialect]
    reasons: ClassVar[tuple[str, ...]]
    plain: ClassVar[tuple[str, ...]]
    fixed: ClassVar[tuple[str, ...]] = ()
    """Models of `reasons` whose effort cannot be set."""
    asks_for_thoughts: ClassVar[bool] = True
    """Thoughts come only when they are asked for."""
    hides_thoughts: ClassVar[bool] = True
    """The upstream can be asked to leave thoughts out."""

    @abstractmethod
    def build(self, url: str, model: str) -> ModelProvider:
        """A provider that talks to `url`, with this default model."""

    @asynccontextmanager
    async def subject(self, model: str) -> AsyncIterator[Subject]:
        """A provider with its upstream."""
        async with Upstream(self.dialect.guard) as upstream:
            upstream.always(self.dialect.text("Hello"))
            provider = self.build(upstream.url, model)
            try:
                yield Subject(provider, upstream)
            finally:
                await provider.aclose()

    def asked(self, subject: Subject) -> Asked:
        """What the newest request asked for."""
        return self.dialect.asked(subject.upstream.requests[-1].body)

    async def answered(self, subject: Subject, reasoning: Reasoning | None, **more: Any) -> Asked:
        """Ask once; the upstream accepts the first request."""
        before = len(subject.upstream.requests)
        events = [event async for event in subject.ask(settings=ModelSettings(reasoning=reasoning, **more))]
        assert heard(events).text == "Hello"
        assert len(subject.upstream.requests) == before + 1, "nothing was refused"
        return self.asked(subject)

    async def test_every_effort_and_summary_is_accepted_by_the_upstream(self) -> None:
        for model in self.reasons:
            async with self.subject(model) as it:
                for effort in (None, *EFFORTS):
                    for summary in (None, "auto", "concise", "detailed"):
                        reasoning = Reasoning.model_validate({"effort": effort, "summary": summary})
                        asked = await self.answered(it, reasoning)
                        assert asked.effort is None or effort is not None, "an unset effort is the model's own"
                for effort in ("low", "high"):
                    asked = await self.answered(it, Reasoning.model_validate({"effort": effort}))
                    accepted = (None,) if model in self.fixed else (effort, "high")
                    assert asked.effort in accepted, (model, effort)

    async def test_thoughts_are_asked_for_with_a_summary_only(self) -> None:
        for model in self.reasons:
            async with self.subject(model) as it:
                for effort in (None, "high"):
                    for summary in cast(tuple[Summary, ...], ("auto", "detailed")):
                        reasoning = Reasoning.model_validate({"effort": effort, "summary": summary})
                        asked = await self.answered(it, reasoning)
                        assert asked.thoughts or not self.asks_for_thoughts
                if self.hides_thoughts:
                    assert not (await self.answered(it, Reasoning(effort="high"))).thoughts

    async def test_nothing_is_sent_unless_it_is_asked_for(self) -> None:
        for model in (*self.reasons, *self.plain):
            async with self.subject(model) as it:
                asked = await self.answered(it, None)
                assert asked.effort is None
                assert not asked.thoughts or not self.asks_for_thoughts

    async def test_a_model_without_reasoning_is_sent_none_of_it(self) -> None:
        for model in self.plain:
            async with self.subject(model) as it:
                await self.answered(it, None)
                for effort in EFFORTS:
                    await self.answered(it, Reasoning.model_validate({"effort": effort, "summary": "auto"}))
                plain, *others = [request.body for request in it.upstream.requests]
                assert all(body == plain for body in others), model
                [info] = it.provider.models()
                assert not info.capabilities.reasoning

    async def test_a_refused_parameter_is_left_out_once_and_remembered(self) -> None:
        for model in self.reasons:
            async with self.subject(model) as it:
                reasoning = Reasoning(effort="high", summary="auto")
                await self.answered(it, reasoning)
                body, sent = it.upstream.requests[-1].body, self.asked(it)
                if model in self.fixed:
                    assert sent.effort is None
                    continue
                it.upstream.script(self.dialect.refusal(400, "unsupported_parameter", self.refused(body)))
                with capture_logs() as logs:
                    events = [event async for event in it.ask(settings=ModelSettings(reasoning=reasoning))]
                    assert heard(events).text == "Hello"
                    assert self.asked(it).effort is None
                    assert len(it.upstream.requests) == 3
                    assert (await self.answered(it, reasoning)).effort is None
                [warning] = [line for line in logs if line["log_level"] == "warning"]
                assert warning["event"] == "reasoning parameter refused"
                assert warning["model"] in model

    async def test_an_error_of_another_cause_is_no_refused_parameter(self) -> None:
        model = self.reasons[0]
        async with self.subject(model) as it:
            reasoning = Reasoning(effort="high", summary="auto")
            other = "Item 'rs_1' of type 'reasoning' was provided without its required following item."
            for message in (other, "Function call is missing a thought_signature in functionCall parts."):
                it.upstream.script(self.dialect.refusal(400, "invalid_value", message))
                before = len(it.upstream.requests)
                with capture_logs() as logs:
                    _, failure = await until_failure(it.ask(settings=ModelSettings(reasoning=reasoning)))
                assert failure.kind == "rejected"
                assert len(it.upstream.requests) == before + 1
                assert not logs

    @abstractmethod
    def refused(self, body: Any) -> str:
        """The upstream's words when it refuses the effort of a request."""
