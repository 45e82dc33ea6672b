"""Agents of an assistant as facts: the first one, and all that handoffs and tools lead to."""

from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any, Final

from agents import Agent, AgentOutputSchemaBase, Tool

from app.adapters.agents_sdk.assistant import Assistant, no_tools
from app.adapters.agents_sdk.assistant_checks.agents_of import agents_of, handed_to
from app.adapters.agents_sdk.assistant_checks.assistant_fields import fits
from app.adapters.agents_sdk.assistant_description.names import name_of, shown
from app.adapters.agents_sdk.assistant_description.parts import (
    described_part,
    guardrail_parts,
    handoff_part,
    members,
    server_parts,
    tool_part,
)
from app.adapters.agents_sdk.assistant_description.remarks import warnings_of
from app.application.health.assistant_report import AgentFacts, AssistantFacts, Part
from app.application.tasks.service import TaskService
from app.domain.start_screen import StartScreen

_KEEPS: Final = (
    "answers stop, resume, retry, and go on after a crash of the server",
    "tokens of every run count in usage and quotas",
    "a message chooses its model, and fallbacks step in",
)


def agent_facts(agent: Agent[Any]) -> AssistantFacts:
    """Return the facts about an agent that `ASSISTANT` names."""
    return _facts("an agent of the Agents SDK", Assistant(agent=agent), ())


def assistant_facts(assistant: Assistant, tasks: TaskService) -> AssistantFacts:
    """Return the facts about an `Assistant`; its task tools are made, and not called."""
    made: Any = ()
    if fits(assistant, "task_tools"):
        try:
            made = assistant.task_tools(tasks)
        except Exception:  # a custom assistant may raise anything; the check names it
            made = ()
    return _facts("an Assistant", assistant, made if isinstance(made, list | tuple) else ())


def agents_in(module: ModuleType) -> list[AgentFacts]:
    """Return the facts about the agents that a module names, and about all behind them, in the module's order."""
    roots = [value for value in vars(module).values() if isinstance(value, Agent)]
    found = {id(agent): agent for root in roots for agent in (root, *agents_of(root))}
    return [_agent(agent) for agent in found.values()]


def _facts(form: str, assistant: Assistant, made: Sequence[Tool]) -> AssistantFacts:
    added = [tool_part(tool) for tool in (*members(assistant.tools), *made)]
    root = assistant.agent
    answering: set[str] = set()
    if isinstance(root, Agent):
        answering = {shown(agent.name) for agent in handed_to(root)}
        first, *others = [_agent(agent) for agent in agents_of(root)]
        agents = [AgentFacts(name=first.name, model=first.model, parts=[*first.parts, *added]), *others]
    else:
        agents = [AgentFacts(name=shown(assistant.name) or "the assistant", parts=[*_texts(assistant), *added])]
    return AssistantFacts(
        form=form,
        name=shown(assistant.name) if assistant.name else agents[0].name,
        agents=agents,
        parts=[*_parts(assistant)],
        keeps=_KEEPS,
        warnings=warnings_of(assistant, agents, answering),
    )


def _agent(agent: Agent[Any]) -> AgentFacts:
    model: Any = agent.model
    own = [] if model is None or isinstance(model, str) else [Part(kind="model of its own", name=name_of(model))]
    parts = [
        *own,
        *_texts(agent),
        *map(tool_part, members(agent.tools)),
        *map(handoff_part, members(agent.handoffs)),
        *guardrail_parts(agent),
        *server_parts(agent),
        *_output(agent),
    ]
    return AgentFacts(name=shown(agent.name), model=model if isinstance(model, str) and model else None, parts=parts)


def _texts(owner: Any) -> Iterator[Part]:
    if owner.instructions is not None:
        yield described_part("instructions", _instructions, owner.instructions)
    if getattr(owner, "prompt", None) is not None:
        kind = "made by a function" if callable(owner.prompt) else "stored at the provider"
        yield Part(kind="prompt", name=kind, needs=frozenset({"stored_prompts"}))


def _instructions(value: Any) -> Part:
    if isinstance(value, str):
        text = f"a text of {len(value)} character{'s' * (len(value) != 1)}"
        return Part(kind="instructions", name=text if value else "none")
    return Part(kind="instructions", name=name_of(value), remark="a function, called for each request")


def _output(agent: Agent[Any]) -> Iterator[Part]:
    if agent.output_type is not None and agent.output_type is not str:
        yield described_part("output type", _output_type, agent.output_type)
    if agent.hooks is not None:
        yield Part(kind="hooks", name=name_of(agent.hooks))


def _model(ref: Any) -> Part:
    return Part(kind="model", name=shown(str(ref)), remark="for a message that names none")


def _output_type(wanted: Any) -> Part:
    named = wanted.name() if isinstance(wanted, AgentOutputSchemaBase) else getattr(wanted, "__name__", str(wanted))
    return Part(kind="output type", name=shown(named))


def _parts(assistant: Assistant) -> Iterator[Part]:
    start: Any = assistant.start
    if isinstance(start, StartScreen) and (start.greeting or start.prompts):
        count = len(start.prompts) if isinstance(start.prompts, list | tuple) else 0
        has = ["a greeting"] * bool(start.greeting) + [f"{count} prompt{'s' * (count > 1)}"] * bool(count)
        yield Part(kind="start screen", name=" and ".join(has))
    if assistant.model is not None:
        yield described_part("model", _model, assistant.model)
    if assistant.task_tools is not no_tools:
        yield Part(kind="task tools", name=name_of(assistant.task_tools))
    for field, kind in (("render", "render"), ("guardrail_message", "guardrail message"), ("hooks", "hooks")):
        value = getattr(assistant, field)
        if value is not None:
            yield Part(kind=kind, name="a text" if isinstance(value, str) else name_of(value))
    for field, kind in (("tracked", "tracked tools"), ("editable_arguments", "editable arguments")):
        names = getattr(assistant, field)
        if isinstance(names, frozenset | set) and names:
            yield Part(kind=kind, name=", ".join(sorted(map(shown, names))))
