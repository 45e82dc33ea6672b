"""Assistants whose code reads what the caller sent."""

import json

from agents import Agent, RunContextWrapper, function_tool

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.tool_context import TurnContext
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
