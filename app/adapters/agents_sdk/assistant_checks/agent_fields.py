"""Agent fields: the mistakes in one agent and its tools that would end its first run."""

import inspect
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import UnionType
from typing import Any, Final, get_origin

from agents import Agent, AgentOutputSchema, AgentOutputSchemaBase, FileSearchTool

from app.adapters.agents_sdk.assistant_checks.fields import AGENT, PARTS, REQUIRED_KEYS
from app.adapters.agents_sdk.assistant_checks.findings import wrong_fields
from app.adapters.agents_sdk.assistant_checks.hints import mismatches
from app.adapters.agents_sdk.assistant_checks.values import counted_parameters, described
from app.domain.redaction import mask_secrets

_MEMBERS: Final = ("tools", "handoffs", "input_guardrails", "output_guardrails")


def agent_problems(agent: Agent[Any], place: str) -> Iterator[str]:
    """Yield a sentence for each mistake in the fields of one agent; `place` names the agent."""
    yield from wrong_fields(agent, AGENT, f"{place}, ")
    for field in _MEMBERS:
        members = getattr(agent, field)
        for number, member in enumerate(members if isinstance(members, list) else ()):
            yield from part_problems(member, f"{place}, {field}[{number}].")
    for check in _CHECKS:
        if problem := check(agent):
            yield f"{place}, {problem}"
    yield from _wrong_servers(agent, place)


def part_problems(part: Any, place: str) -> Iterator[str]:
    """Yield a sentence for each wrong field of a tool, a handoff or a guardrail."""
    for kind, hints in PARTS.items():
        if isinstance(part, kind):
            yield from wrong_fields(part, hints, place)
    for kind, keys in REQUIRED_KEYS.items():
        config: Any = vars(part).get("tool_config") if isinstance(part, kind) else None
        if isinstance(config, Mapping) and (lacking := keys - config.keys()):
            yield f"{place}tool_config lacks {', '.join(sorted(lacking))}."
    if isinstance(part, FileSearchTool) and part.vector_store_ids == []:
        yield f"{place}vector_store_ids is empty. Name at least one vector store."


def _wrong_instructions(agent: Agent[Any]) -> str:
    """The SDK counts the parameters, optional ones included."""
    found = agent.instructions
    if not callable(found) or any(mismatches(found, AGENT["instructions"])):
        return ""
    try:
        count = len(inspect.signature(found).parameters)
    except ValueError:
        return f"instructions is {described(found)}, whose parameters Python cannot tell. Write a function in Python."
    if count == 2:
        return ""
    return (
        f"instructions is {described(found)} of {counted_parameters(found)}, and the SDK takes functions of exactly 2, "
        "the context and the agent."
    )


def _wrong_prompt(agent: Agent[Any]) -> str:
    prompt: Any = agent.prompt
    if not isinstance(prompt, Mapping) or isinstance(prompt.get("id"), str):
        return ""
    return 'prompt: expected {"id": …} with the id of a prompt that the provider stores.'


def _wrong_output_type(agent: Agent[Any]) -> str:
    wanted: Any = agent.output_type
    if wanted is None or wanted is str or isinstance(wanted, AgentOutputSchemaBase):
        return ""
    if not isinstance(wanted, type | UnionType) and get_origin(wanted) is None:
        return f"output_type is {described(wanted)}, expected a type, such as a model of pydantic."
    try:
        AgentOutputSchema(wanted)
    except Exception as error:  # pydantic and the type itself may raise anything
        reason = mask_secrets(" ".join(str(error).split())[:300], os.environ)
        return f"output_type has no JSON schema that a model could follow: {reason}"
    return ""


def _wrong_stop(agent: Agent[Any]) -> str:
    behavior: Any = agent.tool_use_behavior
    if not isinstance(behavior, Mapping):
        return ""
    names = behavior.get("stop_at_tool_names")
    if isinstance(names, Sequence) and not isinstance(names, str) and all(isinstance(name, str) for name in names):
        return ""
    return 'tool_use_behavior: expected {"stop_at_tool_names": […]} with the names of tools.'


def _needs_a_sandbox(agent: Agent[Any]) -> str:
    if not any(kind.__module__.startswith("agents.sandbox") for kind in type(agent).__mro__):
        return ""
    return f"it is {described(type(agent))}, and Anyport opens no sandbox. Use an Agent."


_CHECKS: Final[Sequence[Callable[[Agent[Any]], str]]] = (
    _wrong_instructions,
    _wrong_prompt,
    _wrong_output_type,
    _wrong_stop,
    _needs_a_sandbox,
)


def _wrong_servers(agent: Agent[Any], place: str) -> Iterator[str]:
    servers: Any = agent.mcp_servers
    for number, server in enumerate(servers if isinstance(servers, list) else ()):
        # Found by its name: the import of the SDK's servers is slow, and only an agent with servers has done it.
        if not any(kind.__name__ == "MCPServer" for kind in type(server).__mro__):
            yield (
                f"{place}, mcp_servers[{number}] is {described(server)}, expected a server of agents.mcp, such as "
                "MCPServerStdio(…). Servers of other programs may also stand in MCP_SERVERS."
            )
