"""Exported workflows, run bare and by the server on the same scripted model: the same requests, calls and text."""

import asyncio
import dataclasses
import json
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from agents import Agent, MaxTurnsExceeded, RunConfig, Runner
from agents.run import AgentRunner, set_default_agent_runner
from agents.testing import ScriptedModel, assistant_message, function_call
from chatkit.types import (
    AssistantMessageItem,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    ThreadItemUpdatedEvent,
    ThreadStreamEvent,
    WorkflowItem,
)

from app.adapters.agents_sdk.loading.forms import Brought
from app.adapters.agents_sdk.models.reasoning import DEFAULT_REASONING
from app.adapters.agents_sdk.nested.sdk_defaults import sdk_defaults
from app.adapters.agents_sdk.run.crashes import AssistantCrashedError
from app.adapters.agents_sdk.run.parts import RunParts
from app.adapters.brought.forms import FORMS
from app.adapters.brought.workflow import WorkflowRunner
from app.adapters.stores.memory import MemoryStorage
from app.application.conversation.model_catalog import ModelCatalog
from app.ports.agent_runner import HistoryEntry, RunReport, RunRequest
from tests.assistants import exported_branches, exported_chain, exported_guarded
from tests.integration.test_runner import ADA, ONE, THREAD, OneModel, user_message

pytestmark = pytest.mark.filterwarnings("ignore:The `json` method:DeprecationWarning")  # Exported code calls it.

[FORM] = [form for form in FORMS if form.fits(exported_chain.run_workflow)]
ALIASES = {"gpt-5-mini": ONE}


class Turn(msgspec.Struct):
    """One answer of the server."""

    events: list[ThreadStreamEvent]
    report: RunReport
    calls: list[Any]

    @property
    def items(self) -> list[Any]:
        """The items that stay, in order."""
        removed = {event.item_id for event in self.events if isinstance(event, ThreadItemRemovedEvent)}
        done = [event.item for event in self.events if isinstance(event, ThreadItemDoneEvent)]
        return [item for item in done if item.id not in removed]

    @property
    def text(self) -> str:
        """The text of the messages that stay."""
        messages = [item for item in self.items if isinstance(item, AssistantMessageItem)]
        return "\n".join(part.text for message in messages for part in message.content)

    @property
    def steps(self) -> list[tuple[str | None, str | None]]:
        """Title and content of each step."""
        return [
            (task.title, task.content)  # type: ignore[union-attr]  # all of them are custom ones
            for item in self.items
            if isinstance(item, WorkflowItem)
            for task in item.workflow.tasks
        ]


def catalog(model: ScriptedModel) -> ModelCatalog:
    return ModelCatalog({"scripted": OneModel(model)}, ONE, aliases=ALIASES)


async def ours(
    function: Any, script: Sequence[Any], text: str = "hi", before: Sequence[HistoryEntry] = (), rounds: int = 4
) -> Turn:
    """An answer of the server."""
    model, report = ScriptedModel(list(script)), RunReport()
    models, store = catalog(model), MemoryStorage().threads
    parts = RunParts(
        models=models, store=store, max_rounds=rounds, reasoning=DEFAULT_REASONING, late_usage=lambda *_: None
    )
    request = RunRequest(thread=THREAD, history=[*before, user_message(text)], context=ADA, model=ONE)
    with sdk_defaults.serving(models, rounds, DEFAULT_REASONING, asyncio.get_running_loop()):
        events = [
            event async for event in WorkflowRunner(Brought(form=FORM, code=function), parts).run(request, report)
        ]
    return Turn(events, report, [call_of(call) for call in model.calls])


class Bare(AgentRunner):
    """The SDK's own runner, with one model."""

    def __init__(self, model: ScriptedModel) -> None:
        self._model = model

    async def run(self, starting_agent: Any, input: Any, **kwargs: Any) -> Any:
        config = kwargs.pop("run_config", None) or RunConfig()
        config = dataclasses.replace(config, model=self._model, tracing_disabled=True)
        return await super().run(starting_agent, input, run_config=config, **kwargs)


async def bare(function: Any, script: Sequence[Any], text: str = "hi") -> tuple[Any, list[Any]]:
    """What the function returns by itself, and its requests."""
    model = ScriptedModel(list(script))
    set_default_agent_runner(Bare(model))
    try:
        module = __import__(function.__module__, fromlist=["WorkflowInput"])
        result = await function(module.WorkflowInput(input_as_text=text))
    finally:
        set_default_agent_runner(None)
    return result, [call_of(call) for call in model.calls]


def call_of(call: Any) -> tuple[Any, ...]:
    """What one request said, as far as it is the workflow's doing."""
    settings = call.model_settings
    chosen = (settings.temperature, settings.top_p, settings.max_tokens)
    schema = call.output_schema.name() if call.output_schema is not None else None
    return call.system_instructions, texts(call.input), [tool.name for tool in call.tools], chosen, schema


def texts(given: Any) -> list[str]:
    """The items of an input in short."""
    items = [{"role": "user", "content": given}] if isinstance(given, str) else given
    return [_short(item) for item in items]


def _short(item: Any) -> str:
    content = item.get("content")
    if isinstance(content, list):
        content = "".join(part.get("text", "") for part in content)
    return str(content or item.get("output") or f"{item.get('name')}({item.get('arguments')})")


def data(**fields: Any) -> Any:
    return assistant_message(json.dumps(fields))


CALL = function_call("look_up", {"topic": "Ulm"}, call_id="call_1")
CHAIN = [[assistant_message("Let me see."), CALL], [assistant_message("It is 42.")], [assistant_message("Ulm is 42.")]]
REFUND = [
    [data(category="refund")],
    [function_call("refund", {"order": "7"}, call_id="call_2")],
    [assistant_message("Done.")],
]
ESSAY = [
    [data(category="essay")],
    [assistant_message("Draft one.")],
    [data(good=False)],
    [assistant_message("Draft two.")],
    [data(good=True)],
]
SHAPES: dict[str, tuple[Any, list[Any]]] = {
    "chain": (exported_chain, CHAIN),
    "branch with a tool": (exported_branches, REFUND),
    "loop on the state": (exported_branches, ESSAY),
    "data alone": (exported_branches, [[data(category="other")]]),
}


@pytest.mark.parametrize("shape", SHAPES)
async def test_a_workflow_asks_calls_and_ends_as_by_itself(shape: str) -> None:
    module, script = SHAPES[shape]
    done = (exported_chain.looked_up, exported_branches.refunded)
    for one in done:
        one.clear()
    result, asked = await bare(module.run_workflow, script)
    called = [[*one] for one in done]
    for one in done:
        one.clear()
    turn = await ours(module.run_workflow, script)
    assert turn.calls == asked
    assert [[*one] for one in done] == called
    wanted = result["output_text"]
    assert turn.text == ("" if wanted.startswith("{") else wanted)
    assert turn.report.attempts == len(asked) == turn.report.usage.requests


async def test_agents_on_the_way_are_steps_and_the_last_text_is_the_message() -> None:
    turn = await ours(exported_chain.run_workflow, CHAIN)
    assert turn.text == "Ulm is 42."
    assert turn.steps == [("Look up", None), ("Researcher", "It is 42."), ("Writer", None)]


async def test_drafts_of_a_loop_become_steps_and_data_is_not_shown() -> None:
    turn = await ours(exported_branches.run_workflow, ESSAY)
    assert turn.text == "Draft two."
    names = [title for title, _ in turn.steps]
    assert names == ["Classify", "Writer", "Reviewer", "Writer", "Reviewer"]
    assert "Draft one." in [content for _, content in turn.steps]
    assert "category" not in str(turn.items)


async def test_the_text_of_each_agent_streams_before_the_next_agent_is_asked() -> None:
    turn = await ours(exported_chain.run_workflow, CHAIN)
    streamed = [
        event.update.delta
        for event in turn.events
        if isinstance(event, ThreadItemUpdatedEvent)
        and event.update.type == "assistant_message.content_part.text_delta"
    ]
    assert "".join(streamed) == "Let me see.It is 42.Ulm is 42."


async def test_a_later_turn_is_told_of_the_conversation_in_each_run_that_begins_with_the_message() -> None:
    before = [user_message("I am Ann.")]
    turn = await ours(exported_branches.run_workflow, REFUND, "Who am I?", before)
    assert [call[1][:2] for call in turn.calls] == [["I am Ann.", "Who am I?"]] * 3


async def test_the_record_holds_calls_of_all_runs_and_the_message_of_the_last() -> None:
    turn = await ours(exported_chain.run_workflow, CHAIN)
    kinds = [item.get("type") for item in turn.report.model_items]
    assert kinds == ["function_call", "function_call_output", "message"]
    assert set(turn.report.item_ids) == {item.id for item in turn.items}


PLAIN = Agent(name="Plain", instructions="Be brief.", tools=[exported_chain.look_up])


async def at_once(workflow_input: exported_chain.WorkflowInput) -> str:
    """Two agents at the same time, then a third."""
    text = workflow_input.input_as_text
    both = await asyncio.gather(Runner.run(PLAIN, text), Runner.run(PLAIN.clone(name="Other"), text))
    last = await Runner.run(PLAIN.clone(name="Third"), " ".join(result.final_output for result in both))
    return str(last.final_output)


async def streamed(workflow_input: exported_chain.WorkflowInput) -> str:
    """A run whose events the code reads, and a text of the code's own."""
    result = Runner.run_streamed(PLAIN, workflow_input.input_as_text)
    kinds = [event.type async for event in result.stream_events()]
    return f"Own: {result.final_output}" if kinds else ""


async def given_up(workflow_input: exported_chain.WorkflowInput) -> str:
    """A run that fails, and another that answers in its place."""
    try:
        await Runner.run(PLAIN, workflow_input.input_as_text, max_turns=1)
    except MaxTurnsExceeded:
        return str((await Runner.run(PLAIN.clone(name="Second"), workflow_input.input_as_text)).final_output)
    return ""


async def silent(workflow_input: exported_chain.WorkflowInput) -> None:
    """Returns nothing."""
    await Runner.run(PLAIN, workflow_input.input_as_text)


async def no_model(workflow_input: exported_chain.WorkflowInput) -> dict[str, str]:
    """A text without any run."""
    return {"output_text": f"You said {workflow_input.input_as_text}."}


async def test_runs_at_the_same_time_are_steps_and_mix_no_text() -> None:
    turn = await ours(
        at_once, [[assistant_message("One.")], [assistant_message("Two.")], [assistant_message("Three.")]]
    )
    assert turn.text == "Three."
    assert {content for _, content in turn.steps} == {"One.", "Two.", None}
    assert [title for title, _ in turn.steps] == ["Plain", "Other", "Third"]
    assert turn.report.attempts == 3


@pytest.mark.parametrize(
    ("function", "script", "text", "steps"),
    [
        (streamed, [[assistant_message("Hello.")]], "Own: Hello.", ["Plain"]),
        (given_up, [[assistant_message("Let me see."), CALL], [assistant_message("Yes.")]], "Yes.", 3),
        (silent, [[assistant_message("Hello.")]], "Hello.", []),
        (no_model, [], "You said hi.", []),
    ],
)
async def test_the_text_that_stays_is_the_one_that_the_function_means(
    function: Any, script: list[Any], text: str, steps: Any
) -> None:
    turn = await ours(function, script)
    assert turn.text == text
    titles = [title for title, _ in turn.steps]
    assert len(titles) == steps if isinstance(steps, int) else titles == steps
    assert turn.report.attempts == len(script)


@pytest.mark.parametrize("wrong", [SystemExit(3), KeyError("x"), RuntimeError("y")])
async def test_code_that_fails_ends_its_own_turn(wrong: BaseException) -> None:
    async def run_workflow(workflow_input: exported_chain.WorkflowInput) -> None:
        await Runner.run(PLAIN, workflow_input.input_as_text)
        raise wrong

    with pytest.raises(AssistantCrashedError) as raised:
        await ours(run_workflow, [[assistant_message("Hello.")]])
    assert "test_workflow.py" in raised.value.detail


@pytest.mark.parametrize(
    ("message", "script", "sentence"),
    [
        ("forbidden", [], "cannot answer this message"),
        ("hi", [[assistant_message("It is forbidden.")]], "a check of this chat rejected it"),
        ("hi", [[assistant_message("Hello.")]], "Hello."),
    ],
)
async def test_failed_checks_end_the_turn_with_a_sentence_and_without_what_was_rejected(
    message: str, script: list[Any], sentence: str
) -> None:
    returned, asked = await bare(exported_guarded.run_workflow, script, message)
    turn = await ours(exported_guarded.run_workflow, script, message)
    assert turn.calls == asked
    assert sentence in turn.text
    assert turn.report.refused == ("output_text" not in returned)
    assert "forbidden" not in str(turn.items) + str(turn.report.model_items)
