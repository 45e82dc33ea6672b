"""A run of the assistant, through the real loop of the Agents SDK with a scripted model."""

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import pytest
from agents import Model, RunContextWrapper, function_tool
from agents.testing import ScriptedModel, assistant_message, function_call
from chatkit.store import StoreItemType
from chatkit.types import (
    AssistantMessageItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemUpdatedEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    UserMessageItem,
    WidgetItem,
)
from chatkit.widgets import ListView, ListViewItem, Text

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.runner import SdkAgentRunner
from app.adapters.agents_sdk.tool_context import TurnContext
from app.adapters.stores.memory import MemoryStorage
from app.adapters.stores.memory.threads import MemoryThreadStore
from app.application.conversation.model_catalog import ModelCatalog
from app.chatkit_json.item_fields import ChangingWorkflow
from app.domain.identity import RequestContext
from app.domain.model_ref import ModelRef
from app.ports.agent_runner import RunReport, RunRequest
from app.ports.model_provider import Capabilities, ModelError, ModelInfo, ModelProvider
from app.ports.thread_store import ThreadStore

NOW = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
ADA = RequestContext(user_id="ada")
ONE = ModelRef("scripted", "one")
THREAD = ThreadMetadata(id="thr_1", created_at=NOW)


class OneModel(ModelProvider):
    """A provider that has one model, which a test made."""

    name = "scripted"
    default_model = "one"
    base_url = None

    def __init__(self, model: Model) -> None:
        self._model = model

    def models(self) -> Sequence[ModelInfo]:
        return [ModelInfo(name="one", capabilities=Capabilities())]

    def model(self, name: str) -> Model:
        return self._model

    async def check(self) -> None:
        """Nothing to check."""

    async def aclose(self) -> None:
        """Nothing to close."""


@function_tool
async def show(ctx: RunContextWrapper[TurnContext], what: str) -> str:
    """Show something."""
    row = ListViewItem(children=[Text(value=what)])
    ctx.context.stage.show_widget(ListView(children=[row]), copy_text=what)
    return f"shown: {what}"


def shows(what: str) -> Any:
    return function_call("show", {"what": what}, call_id=f"call_{what}")


def user_message(text: str) -> UserMessageItem:
    return UserMessageItem.model_validate(
        {
            "id": "msg_user",
            "thread_id": THREAD.id,
            "created_at": NOW,
            "content": [{"type": "input_text", "text": text}],
            "inference_options": {},
        }
    )


def start(
    model: Model,
    report: RunReport,
    *,
    store: ThreadStore | None = None,
    catalog: ModelCatalog | None = None,
) -> AsyncGenerator[ThreadStreamEvent, None]:
    assistant = Assistant(name="Test", instructions="Be brief.", tools=[show])
    catalog = catalog or ModelCatalog({"scripted": OneModel(model)}, ONE)
    runner = SdkAgentRunner(assistant, catalog, store or MemoryStorage().threads, max_rounds=3)
    return runner.run(RunRequest(thread=THREAD, history=[user_message("hi")], context=ADA, model=ONE), report)


def finished(events: Sequence[ThreadStreamEvent]) -> list[Any]:
    return [event.item for event in events if isinstance(event, ThreadItemDoneEvent)]


async def test_a_text_answer_keeps_one_id_of_ours_from_added_to_done() -> None:
    report = RunReport()
    events = [event async for event in start(ScriptedModel([[assistant_message("Hello there")]]), report)]
    added = [event.item.id for event in events if isinstance(event, ThreadItemAddedEvent)]
    updated = {event.item_id for event in events if isinstance(event, ThreadItemUpdatedEvent)}
    [message] = finished(events)
    assert added == [message.id]
    assert updated == {message.id}
    assert message.id.startswith("msg_")
    assert message.content[0].text == "Hello there"
    assert message.created_at.utcoffset() == dt.timedelta(0)
    assert report.item_ids == [message.id]


async def test_tools_are_shown_while_they_run_and_widgets_stand_below_them() -> None:
    model = ScriptedModel([[assistant_message("One moment."), shows("milk")], [assistant_message("There.")]])
    report = RunReport()
    items = finished([event async for event in start(model, report)])
    assert [type(item) for item in items] == [AssistantMessageItem, ChangingWorkflow, WidgetItem, AssistantMessageItem]
    assert len({item.id for item in items}) == len(items)
    [step] = items[1].workflow.tasks
    assert (step.title, step.status_indicator) == ("Show", "complete")


async def test_the_report_holds_calls_and_results_and_names_the_items_they_stand_for() -> None:
    model = ScriptedModel([[shows("milk")], [assistant_message("There.")]])
    report = RunReport()
    items = finished([event async for event in start(model, report)])
    kinds = [item["type"] for item in report.model_items]
    assert kinds == ["function_call", "function_call_output", "message"]
    assert report.model_items[1]["output"] == "shown: milk"
    assert report.item_ids == [item.id for item in items]
    assert (report.provider, report.model) == ("scripted", "one")
    assert report.usage.requests == 2


async def test_an_unknown_tool_is_an_error_for_the_model() -> None:
    model = ScriptedModel([[function_call("fly", {}, call_id="call_1")], [assistant_message("I cannot fly.")]])
    items = finished([event async for event in start(model, RunReport())])
    assert items[-1].content[0].text == "I cannot fly."


async def test_a_model_that_calls_tools_for_ever_is_stopped_with_a_sentence() -> None:
    model = ScriptedModel([[shows(str(number))] for number in range(9)])
    events = await until_failure(start(model, RunReport()), match="more steps")
    assert finished(events)[-1].incomplete_details.reason == "max_steps"


class Breaks(ScriptedModel):
    """A model that streams some text, then fails or stalls."""

    def __init__(self, failure: Exception | None) -> None:
        super().__init__([[assistant_message("Half an answer and a bit")]])
        self.failure = failure
        self.closed = asyncio.Event()

    async def stream_response(self, *args: Any, **kwargs: Any) -> AsyncGenerator[Any, None]:
        try:
            async for event in super().stream_response(*args, **kwargs):
                if event.type == "response.output_text.done":
                    if self.failure:
                        raise self.failure
                    await asyncio.Event().wait()
                yield event
        finally:
            self.closed.set()


async def until_failure(stream: AsyncGenerator[ThreadStreamEvent, None], *, match: str = "") -> list[ThreadStreamEvent]:
    events: list[ThreadStreamEvent] = []
    try:
        async for event in stream:
            events.append(event)  # noqa: PERF401  # a comprehension would lose what came before the failure
    except ModelError as failure:
        if match not in failure.message:
            raise
        return events
    raise AssertionError("the run did not fail")


async def test_a_failure_closes_the_message_with_what_was_shown() -> None:
    model = Breaks(ModelError("The service is overloaded.", kind="overloaded"))
    report = RunReport()
    events = await until_failure(start(model, report))
    [message, noted] = finished(events)
    assert message.content[0].text.startswith("Half an answer")
    assert (message.status, message.incomplete_details.reason) == ("incomplete", "failed")
    assert (noted.type, noted.incomplete_details.reason) == ("task", "failed")
    assert report.item_ids == [], "the model never finished it: only the thread item shows it"
    assert report.model_items == []


async def test_closing_the_run_closes_the_models_stream() -> None:
    model = Breaks(None)
    events = start(model, RunReport())
    async for event in events:
        if isinstance(event, ThreadItemUpdatedEvent):
            break
    await events.aclose()
    assert model.closed.is_set()


class NoIdsFor(MemoryThreadStore):
    """A thread store that fails to make ids of one kind of item."""

    def __init__(self, kind: StoreItemType) -> None:
        super().__init__()
        self._kind = kind

    def generate_item_id(self, item_type: StoreItemType, thread: ThreadMetadata, context: RequestContext) -> str:
        if item_type == self._kind:
            raise RuntimeError("no ids")
        return super().generate_item_id(item_type, thread, context)


class BrokenCatalog(ModelCatalog):
    """A catalog that fails before the run reaches a model."""

    def candidates(self, chosen: ModelRef) -> Sequence[ModelRef]:
        raise RuntimeError("no candidates")


async def test_a_run_that_cannot_close_its_items_raises_and_still_fills_in_its_report() -> None:
    model = ScriptedModel([[shows(str(number))] for number in range(9)])  # Stopped with a note, which needs an id.
    report = RunReport()
    with pytest.raises(RuntimeError, match="no ids"):
        async with asyncio.timeout(5):
            _ = [event async for event in start(model, report, store=NoIdsFor("task"))]
    assert report.usage.requests == 3
    assert [item["type"] for item in report.model_items] == ["function_call", "function_call_output"] * 3


async def test_a_run_that_fails_before_its_model_is_asked_raises() -> None:
    model = ScriptedModel([[assistant_message("Hello")]])
    with pytest.raises(RuntimeError, match="no candidates"):
        async with asyncio.timeout(5):
            _ = [
                event
                async for event in start(model, RunReport(), catalog=BrokenCatalog({"scripted": OneModel(model)}, ONE))
            ]
