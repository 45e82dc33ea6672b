"""Contract of `ModelProvider`, run unchanged on each provider over HTTP.

A subclass names a dialect, which scripts the upstream, and builds the provider that sends requests to it.
"""

import asyncio
import base64
import json
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import ClassVar, cast

import pytest
from agents import ItemHelpers, ModelSettings, ModelTracing
from agents.items import TResponseInputItem
from openai.types.responses import ResponseCompletedEvent

from app.ports.model_provider import RESPONSES_TOOLS, Capabilities, ModelError, ModelProvider
from tests.contracts.provider_subject import Subject, assert_nothing_private, clock, until_failure, weather
from tests.contracts.response_events import Heard, check_events, heard
from tests.fakes.dialects import PROMPT, SECRET, Call, Dialect, Fault, Oddity
from tests.fakes.histories import HISTORIES, UNTOLD
from tests.fakes.hosted_tools import hosted_tools
from tests.fakes.upstream import Hold, Until, Upstream, stream
from tests.uploads import PDF, png

PATIENT, IMPATIENT = 20.0, 0.4
BOUND = 15.0  # Seconds after which a test of something that must end gives up.

IMAGE_DATA = base64.b64encode(png()).decode()
IMAGE = {"type": "input_image", "detail": "auto", "image_url": f"data:image/png;base64,{IMAGE_DATA}"}
FILE_DATA = base64.b64encode(PDF).decode()
FILE = {"type": "input_file", "filename": "a.pdf", "file_data": f"data:application/pdf;base64,{FILE_DATA}"}

WEATHER = Call("weather", {"city": "Paris"})
CLOCK = Call("clock", {"tz": "UTC"})


def with_part(part: dict[str, str]) -> TResponseInputItem:
    """Return a message of a user, with an image or a file."""
    text = {"type": "input_text", "text": "What is this?"}
    return cast(TResponseInputItem, {"type": "message", "role": "user", "content": [text, part]})


class ModelProviderContract(ABC):
    """Subclass as `Test…`."""

    dialect: ClassVar[Dialect]

    @abstractmethod
    def build(self, url: str, patience: float) -> ModelProvider:
        """Build a provider for `url` with the key `SECRET`, a timeout of `patience` seconds, and two fast retries."""

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One test for each fault and each oddity of the dialect."""
        tables: dict[str, Callable[[], Sequence[Fault | Oddity]]] = {
            "fault": self.dialect.faults,
            "oddity": self.dialect.oddities,
        }
        for name, cases in tables.items():
            if name in metafunc.fixturenames:
                metafunc.parametrize(name, cases(), ids=lambda case: case.name)

    @asynccontextmanager
    async def subject(self, patience: float = PATIENT) -> AsyncIterator[Subject]:
        """Run a provider with its upstream."""
        async with Upstream(self.dialect.guard) as upstream:
            provider = self.build(upstream.url, patience)
            try:
                yield Subject(provider, upstream)
            finally:
                await provider.aclose()

    # What it says of itself

    async def test_the_default_model_comes_first_and_declares_what_it_can_do(self) -> None:
        async with self.subject() as it:
            models = it.provider.models()
            assert models[0].name == it.provider.default_model
            assert len({model.name for model in models}) == len(models)
            assert all(isinstance(model.capabilities, Capabilities) for model in models)
            assert it.provider.name
            assert it.upstream.requests == [], "none of this asks the upstream"

    async def test_the_capabilities_of_a_listed_model_are_those_of_its_name(self) -> None:
        async with self.subject() as it:
            for model in it.provider.models():
                assert it.provider.capabilities(model.name) == model.capabilities
            assert isinstance(it.provider.capabilities("never-heard-of"), Capabilities)

    async def test_it_declares_the_types_of_tools_that_its_wire_carries(self) -> None:
        async with self.subject() as it:
            carried = it.provider.capabilities(it.provider.default_model).hosted_tools
            assert hosted_tools().keys() == RESPONSES_TOOLS
            for kind, tools in hosted_tools().items():
                it.upstream.script(self.dialect.text("Done"))
                try:
                    assert heard([event async for event in it.ask(tools=tools)]).text == "Done"
                    fits = len(it.upstream.requests[-1].body["tools"]) == len(tools)
                except ModelError as error:
                    assert_nothing_private(error)
                    fits = False
                assert fits == (kind in carried), kind

    async def test_it_declares_whether_its_wire_names_a_stored_prompt(self) -> None:
        async with self.subject() as it:
            it.upstream.script(self.dialect.text("Done"))
            try:
                _ = [event async for event in it.ask(prompt={"id": "pmpt_1"})]
                fits = "pmpt_1" in it.told(-1)
            except ModelError as error:
                assert_nothing_private(error)
                fits = False
            assert fits == it.provider.capabilities(it.provider.default_model).stored_prompts

    async def test_its_address_is_the_one_it_was_given(self) -> None:
        async with self.subject() as it:
            assert (it.provider.base_url or "").startswith(it.upstream.url)

    async def test_it_can_be_closed_twice(self) -> None:
        async with self.subject() as it:
            await it.provider.aclose()
            await it.provider.aclose()

    # Text

    async def test_text_arrives_token_by_token(self) -> None:
        first, second = asyncio.Event(), asyncio.Event()
        one, two, three = self.dialect.begin("one "), self.dialect.begin("two ")[-1], self.dialect.begin("three")[-1]
        reply = stream(*one, Until(first), two, Until(second), three, *self.dialect.end("one ", "two ", "three"))
        async with self.subject() as it, asyncio.timeout(BOUND):
            it.upstream.script(reply)
            got: list[str] = []
            async for event in it.ask():
                if event.type == "response.output_text.delta":
                    got.append(event.delta)
                    {1: first, 2: second}.get(len(got), first).set()
            assert got == ["one ", "two ", "three"]

    async def test_the_events_of_a_response_are_complete_and_consistent(self) -> None:
        async with self.subject() as it:
            it.upstream.script(self.dialect.text("Hello ", "there"))
            events = [event async for event in it.ask()]
            check_events(events)
            assert heard(events) == Heard(text="Hello there")

    async def test_tokens_are_counted(self) -> None:
        async with self.subject() as it:
            it.upstream.script(self.dialect.text("Hello"))
            *_, last = [event async for event in it.ask()]
            assert last.type == "response.completed"
            usage = last.response.usage
            assert usage is not None
            assert usage.input_tokens > 0
            assert usage.output_tokens > 0
            assert usage.total_tokens == usage.input_tokens + usage.output_tokens

    async def test_a_whole_answer_can_be_had_without_streaming(self) -> None:
        async with self.subject() as it:
            it.upstream.script(self.dialect.text("Hello ", "there"))
            response = await it.provider.model(it.provider.default_model).get_response(
                None,
                PROMPT,
                ModelSettings(),
                [],
                None,
                [],
                ModelTracing.DISABLED,
                previous_response_id=None,
                conversation_id=None,
                prompt=None,
            )
            assert ItemHelpers.extract_text(response.output[0]) == "Hello there"
            assert response.usage.requests == 1

    async def test_oddities_are_understood(self, oddity: Oddity) -> None:
        async with self.subject() as it, asyncio.timeout(BOUND):
            it.upstream.script(oddity.reply)
            events = [event async for event in it.ask(tools=[weather, clock])]
            check_events(events)
            assert heard(events) == Heard(text=oddity.text, thought=oddity.thought, calls=tuple(oddity.calls))
            last = events[-1]
            assert isinstance(last, ResponseCompletedEvent)
            details = last.response.incomplete_details
            assert (details is not None and details.reason == "max_output_tokens") == oddity.cut_off

    # Tools

    async def test_a_tool_is_called_and_its_result_is_used(self) -> None:
        async with self.subject() as it:
            it.upstream.script(self.dialect.calls(WEATHER), self.dialect.text("It is sunny."))
            result = it.run(weather, clock)
            async for _ in result.stream_events():
                pass
            assert result.final_output == "It is sunny."
            assert "sunny in Paris" in it.told(1)
            assert "sunny in Paris" not in it.told(0)

    async def test_calls_made_at_once_stay_apart(self) -> None:
        async with self.subject() as it:
            it.upstream.script(self.dialect.calls(WEATHER, CLOCK), self.dialect.text("Fine."))
            result = it.run(weather, clock)
            async for _ in result.stream_events():
                pass
            assert result.final_output == "Fine."
            assert "sunny in Paris" in it.told(1)
            assert "noon in UTC" in it.told(1)

    async def test_repeated_call_ids_are_distinguished(self) -> None:
        async with self.subject() as it:
            again = Call("weather", {"city": "Oslo"})
            it.upstream.script(
                self.dialect.calls(WEATHER), self.dialect.calls(again), self.dialect.text("Sunny in both.")
            )
            result = it.run(weather)
            async for _ in result.stream_events():
                pass
            assert result.final_output == "Sunny in both."
            assert "sunny in Paris" in it.told(2)
            assert "sunny in Oslo" in it.told(2)

    async def test_the_history_of_a_run_can_be_sent_again(self) -> None:
        async with self.subject() as it:
            it.upstream.script(self.dialect.calls(WEATHER, CLOCK), self.dialect.text("Sunny, noon."))
            result = it.run(weather, clock)
            async for _ in result.stream_events():
                pass
            stored = cast(list[TResponseInputItem], json.loads(json.dumps(result.to_input_list())))
            it.upstream.script(self.dialect.text("Again."))
            events = [event async for event in it.ask([*stored, {"role": "user", "content": "And now?"}])]
            assert heard(events).text == "Again."
            assert "sunny in Paris" in it.told(2)
            assert "Sunny, noon." in it.told(2)

    # Files

    async def test_an_image_arrives(self) -> None:
        async with self.subject() as it:
            it.upstream.script(self.dialect.text("A pixel."))
            events = [event async for event in it.ask([with_part(IMAGE)])]
            assert heard(events).text == "A pixel."
            assert IMAGE_DATA in it.told(0)
            assert "What is this?" in it.told(0)

    # History

    @pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES.keys())
    async def test_history_from_anywhere_is_accepted(self, history: list[TResponseInputItem]) -> None:
        async with self.subject() as it:
            it.upstream.script(self.dialect.text("Understood."))
            events = [event async for event in it.ask(history, tools=[weather])]
            assert heard(events).text == "Understood."
            assert [word for word in UNTOLD if word in it.told(0)] == []

    # Failures

    async def test_every_fault_ends_the_stream_with_its_failure(
        self, fault: Fault, caplog: pytest.LogCaptureFixture
    ) -> None:
        async with self.subject(IMPATIENT if fault.impatient else PATIENT) as it, asyncio.timeout(BOUND):
            it.upstream.always(fault.reply)
            events, failure = await until_failure(it.ask())
            assert failure.kind == fault.kind
            assert heard(events).text == fault.heard
            assert not any(event.type == "response.completed" for event in events)
            assert_nothing_private(failure)
            assert PROMPT not in caplog.text
            assert SECRET not in caplog.text

    async def test_a_refused_key_names_the_actor_and_no_secret(self) -> None:
        async with self.subject() as it:
            it.upstream.always(self.dialect.refused_key())
            with pytest.raises(ModelError) as caught:
                [event async for event in it.ask()]
            assert caught.value.kind == "bad_key"
            assert caught.value.actor == "operator"
            assert not caught.value.retry
            assert "_KEY" in caught.value.detail, "the log names the variable to set"
            assert_nothing_private(caught.value)
            assert len(it.upstream.requests) == 1, "a wrong key does not get better"

    async def test_a_fault_before_the_first_token_is_tried_again(self) -> None:
        async with self.subject() as it, asyncio.timeout(BOUND):
            busy = self.dialect.refusal(503, "slow_down", "busy")
            it.upstream.script(busy, busy, self.dialect.text("Here."))
            events = [event async for event in it.ask()]
            check_events(events)
            assert heard(events).text == "Here."
            assert len(it.upstream.requests) == 3

    async def test_a_fault_after_the_first_token_is_not(self) -> None:
        async with self.subject() as it, asyncio.timeout(BOUND):
            it.upstream.always(stream(*self.dialect.begin("Half")))
            with pytest.raises(ModelError):
                [event async for event in it.ask()]
            assert len(it.upstream.requests) == 1

    async def test_a_request_that_was_too_many_says_when_to_come_back(self) -> None:
        async with self.subject() as it, asyncio.timeout(BOUND):
            it.upstream.always(self.dialect.refusal(429, "rate_limit_exceeded", "slow", {"retry-after": "300"}))
            with pytest.raises(ModelError, match="300 seconds") as caught:
                [event async for event in it.ask()]
            assert caught.value.retry_after == 300
            assert len(it.upstream.requests) == 1, "nobody waits five minutes for an answer"

    async def test_it_recovers_from_a_fault(self) -> None:
        async with self.subject() as it:
            it.upstream.script(stream(*self.dialect.begin("Half")), self.dialect.text("Whole."))
            with pytest.raises(ModelError):
                [event async for event in it.ask()]
            assert heard([event async for event in it.ask()]).text == "Whole."

    async def test_an_upstream_that_is_not_there_is_a_failure_of_the_network(self) -> None:
        async with self.subject() as it:
            gone = it.upstream.url
        provider = self.build(gone, PATIENT)
        try:
            async with asyncio.timeout(BOUND):
                with pytest.raises(ModelError) as caught:
                    [event async for event in Subject(provider, it.upstream).ask()]
            assert caught.value.kind == "network"
        finally:
            await provider.aclose()

    async def test_the_loop_of_the_sdk_passes_failures_on(self) -> None:
        async with self.subject() as it:
            it.upstream.always(self.dialect.refused_key())
            with pytest.raises(ModelError):
                async for _ in it.run().stream_events():
                    pass

    # Cancelling

    async def test_closing_the_stream_closes_the_upstream(self) -> None:
        async with self.subject() as it, asyncio.timeout(BOUND):
            it.upstream.script(stream(*self.dialect.begin("Hello"), Hold()))
            async with aclosing(it.ask()) as events:
                async for event in events:
                    if event.type == "response.output_text.delta":
                        break
            await it.upstream.hung_up.wait()

    @pytest.mark.parametrize("begun", [False, True], ids=["before a token", "after a token"])
    async def test_cancelling_the_task_closes_the_upstream(self, begun: bool) -> None:
        async with self.subject() as it, asyncio.timeout(BOUND):
            spoken = asyncio.Event()

            async def listen() -> None:
                async for event in it.ask():
                    if event.type == "response.output_text.delta":
                        spoken.set()

            it.upstream.script(stream(*(self.dialect.begin("Hello") if begun else []), Hold()))
            listening = asyncio.create_task(listen())
            await it.upstream.received(1)
            if begun:
                await spoken.wait()
            listening.cancel()
            with pytest.raises(asyncio.CancelledError):
                await listening
            await it.upstream.hung_up.wait()

    async def test_cancelling_a_run_closes_the_upstream(self) -> None:
        async with self.subject() as it, asyncio.timeout(BOUND):
            it.upstream.script(stream(*self.dialect.begin("Hello"), Hold()))
            result = it.run()
            async for event in result.stream_events():
                if event.type == "raw_response_event" and event.data.type == "response.output_text.delta":
                    result.cancel()
            await it.upstream.hung_up.wait()

    # The check

    async def test_the_check_makes_one_small_request(self) -> None:
        async with self.subject() as it, asyncio.timeout(BOUND):
            it.upstream.script(self.dialect.text("OK"))
            await it.provider.check()
            assert len(it.upstream.requests) == 1

    async def test_the_check_fails_with_the_failure(self) -> None:
        async with self.subject() as it, asyncio.timeout(BOUND):
            it.upstream.always(self.dialect.refused_key())
            with pytest.raises(ModelError) as caught:
                await it.provider.check()
            assert caught.value.kind == "bad_key"


class TakesFiles(ModelProviderContract):
    """Tests of providers whose wire carries a PDF."""

    async def test_a_file_arrives(self) -> None:
        async with self.subject() as it:
            it.upstream.script(self.dialect.text("A page."))
            events = [event async for event in it.ask([with_part(FILE)])]
            assert heard(events).text == "A page."
            assert FILE_DATA in it.told(0)
