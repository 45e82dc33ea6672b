"""An assistant with a guardrail of each kind, and agents behind it whose own code crashes in each place."""

import asyncio
from pathlib import Path
from typing import Any

from agents import (
    Agent,
    AgentHooks,
    FunctionTool,
    GuardrailFunctionOutput,
    ModelBehaviorError,
    ModelSettings,
    RunContextWrapper,
    ToolGuardrailFunctionOutput,
    ToolInputGuardrailData,
    ToolOutputGuardrailData,
    function_tool,
    handoff,
    input_guardrail,
    output_guardrail,
    tool_input_guardrail,
    tool_output_guardrail,
)
from pydantic import BaseModel

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.run.tripwires import Tripwire

REJECTED = "the rejected words"
"""What no output guardrail lets pass."""

DECIDE = Path("decide")
"""A file in the server's folder that lets the parallel guardrail decide."""


def newest(asked: Any) -> str:
    """The text of the newest message."""
    return str(asked if isinstance(asked, str) else asked[-1])


@input_guardrail(name="no schoolwork", run_in_parallel=False)
async def blocking(context: RunContextWrapper[Any], agent: Agent[Any], asked: Any) -> GuardrailFunctionOutput:
    """Runs before the model is asked. It looks at the whole input, as many do."""
    if "crash the check" in newest(asked):
        raise RuntimeError("the check is broken")
    if "lie to the check" in newest(asked):
        return "this is no output"  # type: ignore[return-value]
    return GuardrailFunctionOutput(output_info={"found": "schoolwork"}, tripwire_triggered="homework" in str(asked))


@input_guardrail(name="no gossip")
async def parallel(context: RunContextWrapper[Any], agent: Agent[Any], asked: Any) -> GuardrailFunctionOutput:
    """Runs beside the model, and decides when a test says so."""
    if "gossip" not in newest(asked):
        return GuardrailFunctionOutput(output_info=None, tripwire_triggered=False)
    # The test is another process: a file is the simplest word it can give.
    while "in a moment" in newest(asked) and not DECIDE.exists():  # noqa: ASYNC110, ASYNC240
        await asyncio.sleep(0.01)
    return GuardrailFunctionOutput(output_info=None, tripwire_triggered=True)


@output_guardrail(name="no secrets")
async def secrets(context: RunContextWrapper[Any], agent: Agent[Any], said: Any) -> GuardrailFunctionOutput:
    """Checks every answer."""
    if "crash the last check" in str(said):
        raise RuntimeError("the last check is broken")
    return GuardrailFunctionOutput(output_info=None, tripwire_triggered=REJECTED in str(said))


@tool_input_guardrail(name="no forbidden words")
def arguments_check(data: ToolInputGuardrailData) -> ToolGuardrailFunctionOutput:
    """Looks at a call before it is made."""
    if "crash" in data.context.tool_arguments:
        raise RuntimeError("the check of a call is broken")
    if "forbidden" in data.context.tool_arguments:
        return ToolGuardrailFunctionOutput.raise_exception("forbidden")
    if "impolite" in data.context.tool_arguments:
        return ToolGuardrailFunctionOutput.reject_content("Ask politely.")
    return ToolGuardrailFunctionOutput.allow()


@tool_output_guardrail(name="no leaks")
def result_check(data: ToolOutputGuardrailData) -> ToolGuardrailFunctionOutput:
    """Looks at what a call returned."""
    if "leak" in str(data.output):
        return ToolGuardrailFunctionOutput.raise_exception("leak")
    if "number" in str(data.output):
        return ToolGuardrailFunctionOutput.reject_content("The number is not for you.")
    return ToolGuardrailFunctionOutput.allow()


@function_tool(tool_input_guardrails=[arguments_check], tool_output_guardrails=[result_check])
def lookup(word: str) -> str:
    """Look a word up."""
    return f"found {word}"


@function_tool
def quote(word: str) -> str:
    """Return what an answer must not be."""
    return f"{REJECTED}: {word}"


async def _raises(*_: Any) -> Any:
    raise RuntimeError("this function is broken")


async def _raises_of_two(context: Any, agent: Any) -> Any:
    raise RuntimeError("this function is broken")


def _no_text(context: Any, agent: Any) -> Any:
    return {"not": "a text"}


async def _raises_when_handed(context: Any, given: Any) -> None:
    raise RuntimeError("this function is broken")


def _of_no_use(*_: Any) -> Any:
    return {"not": "a text"}


def _unwell(name: str, **fields: Any) -> Agent[Any]:
    return Agent(name=name, **{"instructions": f"You are {name}.", **fields})


class Answer(BaseModel):
    """The form of an answer."""

    title: str
    score: int


class BrokenHooks(AgentHooks[Any]):
    """Hooks that fail when a tool has run."""

    async def on_tool_end(self, *_: Any, **__: Any) -> None:
        """Go wrong."""
        raise RuntimeError("the hook is broken")


async def _broken_tool(context: Any, arguments: str) -> str:
    raise ModelBehaviorError("the arguments do not fit")


switched = FunctionTool(
    name="switched",
    description="A tool that nobody knows the state of.",
    params_json_schema={"type": "object", "properties": {}},
    on_invoke_tool=_broken_tool,
    strict_json_schema=False,
    is_enabled=lambda *_: _raises(),
)

specialist = _unwell("Specialist", output_guardrails=[secrets])
inner = _unwell("Inner", input_guardrails=[blocking])
ping = _unwell("Ping")
pong = _unwell("Pong", handoffs=[ping])
ping.handoffs = [pong]

triage = Agent(
    name="Triage",
    instructions="You help.",
    input_guardrails=[blocking, parallel],
    output_guardrails=[secrets],
    tools=[lookup, quote, inner.as_tool("ask_inner", "Ask the inner agent.")],
    handoffs=[
        specialist,
        ping,
        _unwell("Confused", instructions=_raises_of_two),
        _unwell("Wordless", instructions=_no_text),
        _unwell("Unsure", tools=[switched]),
        _unwell("Listener", tools=[lookup], hooks=BrokenHooks()),
        _unwell("Stopper", tools=[lookup], tool_use_behavior=_raises),
        _unwell("Teller", tools=[quote], tool_use_behavior="stop_on_first_tool", output_guardrails=[secrets]),
        _unwell("Former", output_type=Answer),
        handoff(_unwell("Closed"), is_enabled=lambda *_: False),
        handoff(_unwell("Filtered"), input_filter=_of_no_use),
        handoff(_unwell("Asked"), on_handoff=_raises_when_handed, input_type=Answer),
    ],
    model_settings=ModelSettings(temperature=0.5),
)


def told(tripwire: Tripwire) -> str:
    """The sentence of this assistant."""
    if tripwire.guardrail == "no gossip":
        raise RuntimeError("the sentence is broken")
    found = tripwire.output_info["found"] if isinstance(tripwire.output_info, dict) else "nothing more"
    return f"Not here: {tripwire.kind}, {tripwire.guardrail}, {tripwire.agent}, {found}."


guards = Assistant(agent=triage, guardrail_message=told)
