"""The check of an assistant: all of its mistakes at once, before the server is ready. No model is asked."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from agents import Agent, Tool

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.assistant_checks.agent_fields import agent_problems, part_problems
from app.adapters.agents_sdk.assistant_checks.agents_of import agents_of
from app.adapters.agents_sdk.assistant_checks.assistant_fields import assistant_problems, fits
from app.adapters.agents_sdk.assistant_checks.findings import sentence
from app.adapters.agents_sdk.assistant_checks.hints import mismatches
from app.adapters.agents_sdk.assistant_checks.model_needs import model_problems, tell_aliases
from app.adapters.agents_sdk.assistant_checks.tool_names import choice_problem, name_problems
from app.adapters.agents_sdk.assistant_checks.tool_search import search_problem
from app.adapters.agents_sdk.assistant_checks.values import described
from app.adapters.agents_sdk.loading.import_problems import failure_in_code, near_miss
from app.application.conversation.model_catalog import ModelCatalog
from app.application.tasks.service import TaskService
from app.domain.errors import AssistantError
from app.domain.model_ref import ModelRef
from app.ports.toolbox import ToolSpec

Placed = list[tuple[str, Any]]
"""Tools and handoffs, each with the place that a sentence gives."""


class AssistantCheck:
    """Checks an assistant against the models, the providers and the external tools of this server."""

    def __init__(
        self, models: ModelCatalog, providers: Collection[str], external: Sequence[ToolSpec], tasks: TaskService
    ) -> None:
        self._models = models
        self._providers = providers
        self._external: Placed = [(f"MCP_SERVERS, tool {spec.name}", spec) for spec in external]
        self._tasks = tasks

    def equipped(self, name: str, assistant: Assistant) -> Assistant:
        """Return the assistant with its task tools. Raises `AssistantError` with every mistake.

        `name` is the value of `ASSISTANT`.
        """
        problems = [*assistant_problems(assistant), *self._wrong_model(assistant)]
        task_tools: Sequence[Tool] = ()
        if fits(assistant, "task_tools"):
            try:
                task_tools = assistant.task_tools(self._tasks)
            except Exception as error:  # a custom assistant may raise anything
                problems.append(f"task_tools: {failure_in_code(error)}")
            problems += _wrong_tools(task_tools)
        added = [*_placed("tools", assistant.tools), *_placed("task_tools(…)", task_tools), *self._external]
        problems += self._problems_of_agents(assistant.agent, added)
        if problems:
            raise AssistantError(name, list(dict.fromkeys(problems)))
        if assistant.agent is not None:
            tell_aliases(agents_of(assistant.agent), self._models)
        return assistant.with_task_tools(task_tools)

    def _wrong_model(self, assistant: Assistant) -> Iterator[str]:
        model = assistant.model
        known = isinstance(model, ModelRef) and isinstance(model.provider, str)
        if model is not None and known and model.provider not in self._providers:
            installed = ", ".join(sorted(self._providers))
            close = near_miss(model.provider, self._providers)
            yield f"model: there is no provider {model.provider}.{close} Installed: {installed}."

    def _problems_of_agents(self, root: Any, added: Placed) -> Iterator[str]:
        if not isinstance(root, Agent):
            yield from self._problems_of_parts(None, "", added)
            return
        for agent in agents_of(root):
            place = described(agent)
            yield from agent_problems(agent, place)
            own = [one for one in _placed(f"{place}, tools", agent.tools) if not isinstance(one[1], Agent)]
            handoffs = _placed(f"{place}, handoffs", agent.handoffs)
            parts = [*own, *(added if agent is root else ()), *handoffs]
            if problem := choice_problem(agent, parts):
                yield f"{place}, {problem}"
            yield from self._problems_of_parts(agent, f"{place}, ", parts)

    def _problems_of_parts(self, agent: Agent[Any] | None, place: str, parts: Placed) -> Iterator[str]:
        yield from name_problems(parts)
        yield from search_problem(parts)
        yield from model_problems(agent, place, parts, self._models)


def _wrong_tools(task_tools: Any) -> Iterator[str]:
    for mismatch in mismatches(task_tools, Sequence[Tool]):
        yield sentence("the result of task_tools", "tools", mismatch)
    for place, tool in _placed("task_tools(…)", task_tools):
        yield from part_problems(tool, f"{place}.")


def _placed(field: str, members: Any) -> Placed:
    """The members of a list, each with its place; nothing for a value that is no list."""
    found = members if isinstance(members, list | tuple) else ()
    return [(f"{field}[{number}]", member) for number, member in enumerate(found)]
