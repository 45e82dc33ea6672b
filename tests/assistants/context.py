"""Assistants whose code reads what the caller sent, from our context and from one of their own type."""

import dataclasses
import json
from typing import Any

from agents import (
    Agent,
    AgentHooks,
    GuardrailFunctionOutput,
    RunContextWrapper,
    Runner,
    function_tool,
    input_guardrail,
)
from agents.tool_context import ToolContext

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.tool_context import TurnContext, turn_context
from app.adapters.agents_sdk.tools.ask_user import ask_user_tool
from app.adapters.agents_sdk.tools.tasks import task_tools
from app.domain.errors import NotEnabledError
from app.domain.identity import RequestContext


def seen(request: RequestContext) -> str:
    """Return what the caller's context has, as JSON."""
    claims = {name: value for name, value in request.claims.items() if name not in {"exp", "iss"}}
    return json.dumps(
        {
            "user": request.user_id,
            "locale": request.locale,
            "headers": request.headers,
            "claims": claims,
            "metadata": request.metadata,
        }
    )


@function_tool
def whoami(ctx: RunContextWrapper[TurnContext]) -> str:
    """Tell the caller's context."""
    return seen(ctx.context.request)


@function_tool(needs_approval=True)
def approved(ctx: RunContextWrapper[TurnContext]) -> str:
    """Tell the caller's context, once the user allows it."""
    return seen(ctx.context.request)


plain = Assistant(
    agent=Agent(name="Plain", instructions="Be brief.", tools=[whoami, approved]), tracked=frozenset({"whoami"})
)


@dataclasses.dataclass
class Profile:
    """The own context: the caller with the page, and what has read it."""

    user: str
    page: str
    readers: list[str]


async def profile(turn: TurnContext) -> Any:
    """Make the own context; some pages have a faulty one."""
    match page := turn.request.headers.get("x-page", ""):
        case "/crash":
            raise ZeroDivisionError("the profile store is away")
        case "/nothing":
            return None
        case "/class":
            return Profile
        case "/forgotten":
            return profile(turn)
        case "/closed":
            raise NotEnabledError("The desk is closed.")
    return Profile(turn.request.user_id, page, [])


def greet(ctx: RunContextWrapper[Profile], agent: Agent[Profile]) -> str:
    """Return the instructions for this user."""
    ctx.context.readers.append("instructions")
    return f"You talk to {ctx.context.user} on {ctx.context.page}."


@input_guardrail
def watch(ctx: RunContextWrapper[Profile], agent: Any, text: Any) -> GuardrailFunctionOutput:
    """Let everything pass."""
    ctx.context.readers.append("guardrail")
    return GuardrailFunctionOutput(output_info=None, tripwire_triggered=False)


class Hooks(AgentHooks[Profile]):
    """Hooks of the agent."""

    async def on_start(self, context: Any, agent: Any) -> None:
        """Hear the agent begin."""
        context.context.readers.append("hooks")


def is_there(ctx: RunContextWrapper[Profile], agent: Any) -> bool:
    """Return True for every profile."""
    return bool(ctx.context.user)


@function_tool(is_enabled=is_there)
def mine(ctx: RunContextWrapper[Profile]) -> str:
    """Tell the profile, in a thread of its own, and show progress on our stage."""
    turn_context(ctx).stage.progress("Looking…")
    return f"{ctx.context.user} {ctx.context.page} {' '.join(sorted(ctx.context.readers))}"


@function_tool(needs_approval=True, is_enabled=is_there)
def allowed(ctx: RunContextWrapper[Profile]) -> str:
    """Tell the profile, once the user allows it."""
    return f"{ctx.context.user} {ctx.context.page}"


@function_tool
async def asked(ctx: ToolContext[Profile]) -> str:
    """Ask the page for its colour, and tell it with the profile."""
    colour = turn_context(ctx).stage.call_page(ctx.tool_call_id, "colour", {})
    return f"{ctx.context.user} {ctx.context.page} {colour}"


@function_tool
async def nested(ctx: ToolContext[Profile]) -> str:
    """Let another agent with a context of its own use our tool."""
    helper = Agent[Any](name="Helper", instructions="Be brief.", tools=[whose])
    result = await Runner.run(helper, "Call whose", context={"from": "nested"})
    return str(result.final_output)


@function_tool
def whose(ctx: RunContextWrapper[Any]) -> str:
    """Tell the context of the run and that of the turn."""
    return f"{ctx.context} {turn_context(ctx).request.user_id}"


own = Assistant(
    agent=Agent(
        name="Own",
        instructions=greet,
        tools=[mine, allowed, asked, nested, ask_user_tool()],
        input_guardrails=[watch],
        hooks=Hooks(),
    ),
    task_tools=task_tools,
    context=profile,
)


@function_tool(needs_approval=True)
def kept(ctx: RunContextWrapper[dict[str, Any]]) -> str:
    """Tell the names in a context that is a mapping."""
    return " ".join(sorted(ctx.context))


mapping = Assistant(
    agent=Agent(name="Mapping", instructions="Be brief.", tools=[kept]),
    context=lambda turn: {"claims": dict(turn.request.claims), "page": turn.request.headers.get("x-page"), "at": {1}},
)
