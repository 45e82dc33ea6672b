"""Wiring of `assistant check`: the report on an assistant, without a model, a database or an MCP server."""

import re
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from typing import Any, Final, NamedTuple

import msgspec
from agents import Agent
from dishka import AsyncContainer

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.assistant_description.agents import agent_facts, agents_in, assistant_facts
from app.adapters.agents_sdk.assistant_description.definition import place_of
from app.adapters.agents_sdk.loading.forms import Form
from app.adapters.agents_sdk.loading.loader import Named, find_named, load_assistant
from app.adapters.agents_sdk.nested.sdk_defaults import sdk_defaults
from app.adapters.brought.forms import FORMS
from app.adapters.stores.memory.tasks import MemoryTaskRepository
from app.application.conversation.model_catalog import ModelCatalog
from app.application.health.assistant_outlook import outlook
from app.application.health.assistant_report import Actor, AssistantFacts, AssistantReport, Finding
from app.application.tasks.service import TaskService
from app.domain.errors import AssistantError
from app.environment import Problem
from app.ports.toolbox import EmptyToolbox
from app.settings import Settings
from app.wiring.assistant_check import equipped_assistant
from app.wiring.brought import check_brought

_UNASKED: Final = (
    "The tools of MCP_SERVERS were not looked at, because nothing is connected here. anyport doctor compares their "
    "names with those of the assistant."
)
_VARIABLE: Final = re.compile(r"\b(?:[A-Z][A-Z0-9]*_[A-Z0-9_]+|ASSISTANT|PYTHONPATH)\b")


class Description(NamedTuple):
    """Description of one form of assistant: the values that have it, the facts about one, and the check of a start.

    `check` raises `AssistantError`.
    """

    fits: Callable[[Any], bool]
    facts: Callable[[Named, TaskService], AssistantFacts]
    check: Callable[[Any, Settings, ModelCatalog, TaskService], object]


def _has_type(kind: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, kind)


def _check_agent(agent: Agent[Any], settings: Settings, models: ModelCatalog, tasks: TaskService) -> None:
    _check_assistant(Assistant(agent=agent), settings, models, tasks)


def _check_assistant(assistant: Assistant, settings: Settings, models: ModelCatalog, tasks: TaskService) -> None:
    equipped_assistant(assistant, settings, models, EmptyToolbox(), tasks)


def _facts_of(form: Form) -> Callable[[Named, TaskService], AssistantFacts]:
    def facts(named: Named, _: TaskService) -> AssistantFacts:
        name = str(getattr(named.value, "__qualname__", type(named.value).__qualname__))
        agents = agents_in(named.module)
        return AssistantFacts(form=form.words, name=name, agents=agents, keeps=form.keeps, is_graph=False)

    return facts


def _check_of(form: Form) -> Callable[[Any, Settings, ModelCatalog, TaskService], None]:
    def check(code: Any, settings: Settings, models: ModelCatalog, _: TaskService) -> None:
        check_brought(settings.assistant.assistant, form, code, models)

    return check


DESCRIPTIONS: Final[Sequence[Description]] = (
    Description(_has_type(Agent), lambda named, _: agent_facts(named.value), _check_agent),
    Description(_has_type(Assistant), lambda named, tasks: assistant_facts(named.value, tasks), _check_assistant),
    *(Description(form.fits, _facts_of(form), _check_of(form)) for form in FORMS),
)
"""Each form that `ASSISTANT` may name; the first that fits is used."""


async def assistant_report(
    name: str, settings: Settings | None, container: AsyncContainer | None, wrong: Sequence[Problem]
) -> AssistantReport:
    """Return the report on the assistant `name`, the value of `ASSISTANT`.

    With mistakes in the settings, `wrong`, there is no container, and no model is compared.
    """
    tasks = TaskService(MemoryTaskRepository())
    report = AssistantReport(assistant=name, problems=[Finding(text=str(one), actor="operator") for one in wrong])
    if any(one.variable == "ASSISTANT" for one in wrong):
        return report
    # The module may run agents and print lines while it is imported.
    with sdk_defaults.sealed(), redirect_stdout(sys.stderr):
        try:
            named = find_named(name)
            described = next((one for one in DESCRIPTIONS if one.fits(named.value)), None)
            if described is None:
                load_assistant(name, FORMS)  # It raises the sentence about the form.
                return report
            file, line = place_of(named)
            facts = described.facts(named, tasks)
            report = msgspec.structs.replace(report, facts=facts, file=file, line=line)
            if settings is not None and container is not None:
                models = await container.get(ModelCatalog)
                report = _compared(report, facts, models, settings)
                described.check(named.value, settings, models, tasks)
        except AssistantError as error:
            found = [Finding(text=text, actor=_actor(text, report)) for text in error.problems]
            report = msgspec.structs.replace(report, problems=[*report.problems, *found])
    return report


def _compared(
    report: AssistantReport, facts: AssistantFacts, models: ModelCatalog, settings: Settings
) -> AssistantReport:
    found = outlook(facts, models)
    return msgspec.structs.replace(
        report,
        facts=found.facts,
        models=found.models,
        works=found.works,
        settings=found.settings,
        warnings=[*found.warnings, *([_UNASKED] if settings.mcp_servers else [])],
    )


def _actor(problem: str, report: AssistantReport) -> Actor:
    """The author alone where the assistant was found and the sentence names no variable."""
    return "author" if report.facts is not None and not _VARIABLE.search(problem) else "author or operator"
