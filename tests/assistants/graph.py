"""A desk with other agents behind it, and tools that run agents in every way that the Agents SDK has."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextvars import copy_context
from functools import partial
from typing import Any, cast

from agents import (
    Agent,
    OpenAIConversationsSession,
    OpenAIProvider,
    OpenAIResponsesModel,
    RunConfig,
    RunContextWrapper,
    Runner,
    SQLiteSession,
    function_tool,
    handoff,
    trace,
)
from agents.extensions.handoff_filters import remove_all_tools
from agents.memory import OpenAIResponsesCompactionSession
from agents.models.multi_provider import MultiProvider
from agents.run import AgentRunner
from agents.tool_context import ToolContext
from chatkit.types import StructuredInputFreeform
from openai import AsyncOpenAI

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.tool_context import TurnContext

own_model = OpenAIResponsesModel("gpt-4o", AsyncOpenAI(api_key="sk-own"))

translator = Agent[Any](name="Translator", instructions="You translate.")
named = Agent[Any](name="Named", instructions="You translate.", model="gemini-3-pro")
stranger = Agent[Any](name="Stranger", model="gpt-4o")

WAYS: list[str] = []
"""Tools that run the translator, and return its answer."""

REFUSED: list[str] = []
"""Tools that ask OpenAI by a default of the SDK, or with a model of their own, and are refused."""

left_running: set[asyncio.Task[Any]] = set()


def _tool(names: list[str]) -> Callable[[Callable[[], Awaitable[str]]], Any]:
    def decorate(run: Callable[[], Awaitable[str]]) -> Any:
        names.append(run.__name__)
        return function_tool(run)

    return decorate


@_tool(WAYS)
async def awaited() -> str:
    """Run an agent."""
    return str((await Runner.run(translator, "hello")).final_output)


@_tool(WAYS)
async def with_a_name() -> str:
    """Run an agent that names its model."""
    return str((await Runner.run(named, "hello")).final_output)


@_tool(WAYS)
async def streamed() -> str:
    """Run an agent and read its events."""
    result = Runner.run_streamed(translator, "hello")
    async for _ in result.stream_events():
        pass
    return str(result.final_output)


@function_tool
def blocking() -> str:
    """Run an agent from a thread."""
    return str(Runner.run_sync(translator, "hello").final_output)


@function_tool
def on_its_own_loop() -> str:
    """Run an agent from a thread, on an event loop of the thread's own."""
    return str(asyncio.run(Runner.run(translator, "hello")).final_output)


@function_tool
def in_a_thread_of_its_own() -> str:
    """Run an agent in a thread that has the context of the tool."""
    result: list[str] = []
    run = partial(copy_context().run, lambda: result.append(str(Runner.run_sync(translator, "hello").final_output)))
    worker = threading.Thread(target=run)
    worker.start()
    worker.join()
    return result[0]


@_tool(WAYS)
async def with_its_own_provider() -> str:
    """Run an agent with a provider of models that the code names."""
    config = RunConfig(model_provider=OpenAIProvider())
    return str((await Runner.run(translator, "hello", run_config=config)).final_output)


@_tool(WAYS)
async def with_a_configuration_of_words() -> str:
    """Run an agent with a configuration that is a dictionary."""
    config: Any = {"workflow_name": "Mine", "model": "gemini/gemini-3-pro", "tracing_disabled": False}
    return str((await Runner.run(translator, "hello", run_config=config)).final_output)


@_tool(WAYS)
async def in_a_trace() -> str:
    """Run an agent in a trace of its own, with a session on a disk."""
    with trace("Mine"):
        return str((await Runner.run(translator, "hello", session=SQLiteSession("one"))).final_output)


@_tool(WAYS)
async def in_a_task() -> str:
    """Run an agent in a task."""
    return str((await asyncio.create_task(Runner.run(translator, "hello"))).final_output)


@_tool(WAYS)
async def two_levels_down() -> str:
    """Run an agent whose tool runs an agent."""
    middle = Agent[Any](name="Middle", tools=[translator.as_tool("translate", "Translate.")])
    return str((await Runner.run(middle, "hello")).final_output)


@_tool(REFUSED)
async def unknown_name() -> str:
    """Run an agent whose model nobody has."""
    return str((await Runner.run(stranger, "hello")).final_output)


@_tool(REFUSED)
async def model_of_its_own() -> str:
    """Run an agent that brings its model."""
    agent = Agent[Any](name="Own", model=own_model)
    return str((await Runner.run(agent, "hello")).final_output)


@_tool(REFUSED)
async def handoff_to_a_model_of_its_own() -> str:
    """Run an agent that hands off to one that brings its model."""
    agent = Agent[Any](name="Own", model=own_model)
    first = Agent[Any](name="First", handoffs=[handoff(agent, tool_name_override="go")])
    return str((await Runner.run(first, "hello")).final_output)


@_tool(REFUSED)
async def configured_model_of_its_own() -> str:
    """Run an agent with a configuration that brings a model."""
    config = RunConfig(model=own_model)
    return str((await Runner.run(translator, "hello", run_config=config)).final_output)


@_tool(REFUSED)
async def conversation_at_openai() -> str:
    """Run an agent whose session is kept at OpenAI."""
    return str((await Runner.run(translator, "hello", session=OpenAIConversationsSession())).final_output)


@_tool(REFUSED)
async def compaction_at_openai() -> str:
    """Compact a session at OpenAI."""
    session = OpenAIResponsesCompactionSession("one", SQLiteSession("one"))
    await session.run_compaction({"response_id": "resp_1", "force": True})
    return "compacted"


@_tool(REFUSED)
async def past_the_default_runner() -> str:
    """Run an agent with the SDK's runner itself."""
    return str((await AgentRunner().run(translator, "hello")).final_output)


@_tool(REFUSED)
async def past_every_runner() -> str:
    """Ask a model of the SDK's default provider."""
    model = MultiProvider().get_model("gpt-4o")
    settings, tracing = translator.model_settings, 0
    return str(await model.get_response(None, "hello", settings, [], None, [], tracing))  # type: ignore[call-arg, arg-type]


@function_tool
async def later(ctx: RunContextWrapper[Any]) -> str:
    """Leave a run behind that goes on after the answer."""
    task = asyncio.create_task(Runner.run(translator, "hello"))
    left_running.add(task)
    task.add_done_callback(left_running.discard)
    return "It will come."


async def _heard(_: Any) -> None:
    """Hear an event."""


made: list[str] = []
"""What the tools below changed."""


@function_tool
async def charge(ctx: RunContextWrapper[TurnContext], amount: int) -> str:
    """Ask the user, then charge."""
    call = cast(ToolContext[TurnContext], ctx)
    form = StructuredInputFreeform(id="sure", question=f"Charge {amount}?")
    [[said]] = ctx.context.stage.ask(call.tool_call_id, [form])
    return f"charged {amount}, as you said {said}"


@function_tool
async def book(what: str) -> str:
    """Book something."""
    made.append(what)
    return f"booked {what}, number {len(made)}"


cashier = Agent[Any](name="Cashier", instructions="You take money.", tools=[charge, book])

billing = Agent[Any](name="Billing", instructions="You do billing.", tools=[charge, book])
archive = Agent[Any](name="Archive", instructions="You know the past.", model="gemini/gemini-3-pro")
billing.handoffs.append(archive)

WAYS += ["blocking", "on_its_own_loop", "in_a_thread_of_its_own", "as_tool", "as_streamed_tool", "as_configured_tool"]

desk = Assistant(
    agent=Agent[Any](
        name="Desk",
        instructions="You sort.",
        tools=[
            *(globals()[name] for name in [*WAYS, *REFUSED] if not name.startswith("as_")),
            translator.as_tool("as_tool", "Translate."),
            translator.as_tool("as_streamed_tool", "Translate.", on_stream=_heard),
            translator.as_tool(
                "as_configured_tool", "Translate.", run_config=RunConfig(model_provider=OpenAIProvider(api_key="sk-1"))
            ),
            cashier.as_tool("as_cashier", "Take money."),
            later,
        ],
        handoffs=[billing, handoff(archive, input_filter=remove_all_tools)],
    )
)
