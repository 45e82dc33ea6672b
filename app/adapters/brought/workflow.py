"""Workflow runner: runs `async def run_workflow(workflow_input)`, as Agent Builder exports it, unchanged."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from chatkit.types import UserMessageItem

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.assistant_checks.model_needs import tell_aliases
from app.adapters.agents_sdk.input.model_input import to_model_input
from app.adapters.agents_sdk.loading.forms import Brought
from app.adapters.agents_sdk.loading.import_problems import failure_in_code
from app.adapters.agents_sdk.nested.active_run import ActiveRun
from app.adapters.agents_sdk.run.crashes import broken, is_in_loop
from app.adapters.agents_sdk.run.effect_replay import prior_effects
from app.adapters.agents_sdk.run.parts import RunParts
from app.adapters.agents_sdk.run.progress import RunProgress
from app.adapters.agents_sdk.runner import SdkAgentRunner
from app.adapters.brought.workflow_check import tell_stubs, workflow_agents
from app.adapters.brought.workflow_input import input_maker
from app.adapters.brought.workflow_memory import WorkflowMemory
from app.adapters.brought.workflow_outlet import WorkflowOutlet
from app.adapters.brought.workflow_rejection import rejection
from app.adapters.brought.workflow_runs import WorkflowRuns
from app.adapters.brought.workflow_transcript import WorkflowTranscript
from app.domain.errors import AnyportError
from app.ports.agent_runner import HistoryEntry, RunReport, RunRequest

OUTPUT: Final = "output_text"
Workflow = Callable[[Any], Awaitable[Any]]


class WorkflowRunner(SdkAgentRunner):
    """Agent runner for one workflow. Its function drives the turn, and every run that it makes is shown."""

    outlet_type = WorkflowOutlet

    def __init__(self, brought: Brought, parts: RunParts) -> None:
        function: Workflow = brought.code
        tell_aliases(workflow_agents(function), parts.models)
        tell_stubs(function)
        super().__init__(
            Assistant(name=function.__name__),
            parts.models,
            parts.store,
            parts.max_rounds,
            parts.mentions,
            file_inputs=parts.file_inputs,
            reasoning=parts.reasoning,
            late_usage=parts.late_usage,
            images=parts.images,
        )
        self._function = function
        self._input = input_maker(function)

    async def tools(self) -> frozenset[str]:
        """Return nothing: no message can choose a tool of a workflow."""
        return frozenset()

    async def _answer(self, request: RunRequest, report: RunReport, progress: RunProgress, active: ActiveRun) -> None:
        outlet = progress.outlet
        if not isinstance(outlet, WorkflowOutlet):
            raise TypeError("the outlet of a workflow is one of its own")
        progress.transcript = transcript = WorkflowTranscript()
        memory, text = await self._memory(request, active), text_of(request.history[-1])
        active.shown_runs = runs = WorkflowRuns(active, outlet, transcript, progress.ledger, self._assistant, memory)
        del request  # Only the memory holds the history while the models answer.
        result = await self._called(text)
        if (rejected := rejection(result, *runs.answer)) is not None:
            raise rejected
        runs.finish(output_text(result))

    async def _memory(self, request: RunRequest, active: ActiveRun) -> WorkflowMemory:
        entries = request.history
        if self._mentions is not None:
            entries = await self._mentions.resolved(entries, request.context)
        active.files.update(await self._read_files(entries, request.model))
        history = await to_model_input(entries[:-1], request.model, active.files)
        newest = await to_model_input(entries[-1:], request.model, active.files)
        return WorkflowMemory(history, newest, text_of(request.history[-1]), prior_effects(request.done))

    async def _called(self, text: str) -> Any:
        """The result of the function. Raises `AssistantCrashedError` for what the code itself does wrong."""
        try:
            return await self._function(self._input(text))
        except (Exception, SystemExit) as error:
            if isinstance(error, SystemExit):
                error = RuntimeError("the code ended the program").with_traceback(error.__traceback__)
            if isinstance(error, AnyportError) or is_in_loop(error):
                raise
            raise broken("workflow", f"{self._function.__name__} ({failure_in_code(error)})", error) from error


def text_of(entry: HistoryEntry) -> str:
    """Return the text of the user's message, with the names of its mentions; empty for another item."""
    return "".join(part.text for part in entry.content) if isinstance(entry, UserMessageItem) else ""


def output_text(result: Any) -> str | None:
    """Return the text that a workflow's function returns; None where it returns only data."""
    if isinstance(result, dict):
        result = result.get(OUTPUT)
    elif not isinstance(result, str):
        result = getattr(result, OUTPUT, None)
    return result if isinstance(result, str) else None
