"""Workflow runs: the runs that a workflow's function makes one after another, shown while they stream.

Nothing says in advance which run is the last. So a run's text streams as the message; it becomes the content of the
agent's step, and the message is removed, once another agent writes text.
"""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from agents import Agent, Model, RunResult, RunResultStreaming
from pydantic import BaseModel

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.models.request_ledger import RequestLedger
from app.adapters.agents_sdk.nested.active_run import ActiveRun
from app.adapters.agents_sdk.nested.hooks import NestedHooks
from app.adapters.agents_sdk.nested.nesting import inside_shown_run, inside_tool
from app.adapters.agents_sdk.nested.runner import equipped, inside, run_options
from app.adapters.agents_sdk.output.response_translator import OutletModel
from app.adapters.agents_sdk.run.crashes import broken
from app.adapters.agents_sdk.run.hooks import BothHooks
from app.adapters.agents_sdk.run.transcript import RunTranscript
from app.adapters.brought.workflow_hooks import workflow_hooks
from app.adapters.brought.workflow_memory import WorkflowMemory
from app.adapters.brought.workflow_outlet import WorkflowOutlet
from app.adapters.brought.workflow_transcript import WorkflowTranscript


class UnaskedApprovalError(Exception):
    """A call waits for the user's approval, which a workflow cannot ask for."""


class WorkflowRun:
    """One run of a workflow, `hidden` beside another one.

    `text` is its final output, and `data` that output as JSON where it has a type.
    """

    def __init__(self, key: str, agent: Agent[Any], transcript: RunTranscript, *, hidden: bool) -> None:
        self.key = key
        self.hidden = hidden
        self.agent = agent
        self.name = agent.name
        self.transcript = transcript
        self.writes_text = agent.output_type in (None, str)
        self.text = ""
        self.data: Any = None
        self.has_step = False
        self.failed = False

    def end(self, output: Any) -> None:
        """Take over the final output."""
        if isinstance(output, str):
            self.text = output
        else:
            self.data = plain(output)
            self.text = json.dumps(self.data, ensure_ascii=False, default=str)


class WorkflowRuns:
    """The shown runs of one turn. Runs that go on at the same time as another are steps alone, with their text."""

    def __init__(
        self,
        active: ActiveRun,
        outlet: WorkflowOutlet,
        transcript: WorkflowTranscript,
        ledger: RequestLedger,
        assistant: Assistant,
        memory: WorkflowMemory,
    ) -> None:
        self._active = active
        self._outlet = outlet
        self._transcript = transcript
        self._ledger = ledger
        self._assistant = assistant
        self._memory = memory
        self._runs: list[WorkflowRun] = []
        self._running: list[WorkflowRun] = []
        self._standing: WorkflowRun | None = None
        """The run whose text is the message on display."""
        self._is_over = False

    @property
    def answer(self) -> tuple[Agent[Any] | None, str]:
        """The agent that wrote the newest text, and that text."""
        written = [run for run in self._runs if run.writes_text and not run.failed]
        return (written[-1].agent, written[-1].text) if written else (None, "")

    async def run(
        self, start: Callable[..., Any], agent: Agent[Any], given: Any, options: Mapping[str, Any]
    ) -> RunResult:
        """Run an agent whose text and tools are shown. See `ShownRuns.run`."""
        run, place = self._begin(agent)
        try:
            with inside(place):
                arguments = equipped(agent, self._active), self._input(run, given)
                result: RunResult = await start(*arguments, **self._options(run, place is inside_shown_run, options))
        except BaseException:
            self._failed(run)
            raise
        self._ended(run, result.final_output)
        if result.interruptions:
            waiting = ", ".join(str(call.name) for call in result.interruptions)
            raise broken("workflow", run.name, UnaskedApprovalError(f"{waiting} waits for an approval"))
        return result

    def run_streamed(
        self, start: Callable[..., RunResultStreaming], agent: Agent[Any], given: Any, options: Mapping[str, Any]
    ) -> RunResultStreaming:
        """Run an agent whose events the code reads too. See `ShownRuns.run_streamed`."""
        run, place = self._begin(agent)
        with inside(place):
            arguments = equipped(agent, self._active), self._input(run, given)
            streaming = start(*arguments, **self._options(run, place is inside_shown_run, options))

        def done(task: Any) -> None:
            failed = task.cancelled() or task.exception() is not None
            self._failed(run) if failed else self._ended(run, streaming.final_output)

        if streaming.run_loop_task is not None:
            streaming.run_loop_task.add_done_callback(done)
        return streaming

    def finish(self, answer: str | None) -> None:
        """Show the text that the function returned, unless it stands there already or is the JSON of an output type."""
        self._is_over = True
        standing = self._standing
        if answer is None and standing is None:
            last = self._runs[-1] if self._runs else None
            answer = last.text if last is not None and last.writes_text else None  # A tool's result ended the run.
        if standing is not None and (answer is None or answer.strip() == standing.text.strip()):
            self._transcript.answered_by(standing.transcript)
        elif answer is not None and answer.strip() and not self._is_data(answer):
            self._settle()
            self._transcript.answered_by(None)
            self._outlet.say(answer)
            content = [{"type": "output_text", "text": answer}]
            self._transcript.add({"type": "message", "role": "assistant", "content": content})

    def _begin(self, agent: Agent[Any]) -> tuple[WorkflowRun, Any]:
        """A new run, and the place in which its code runs: that of a hidden run beside another one."""
        hidden = bool(self._running) or self._is_over
        transcript = RunTranscript(()) if hidden else self._transcript.begin()
        run = WorkflowRun(f"agent.{len(self._runs)}", agent, transcript, hidden=hidden)
        if not hidden and run.writes_text:
            self._settle()
        if self._runs:
            self._show_step(self._runs[0])
        self._runs.append(run)
        self._running.append(run)
        if self._is_over:
            return run, inside_tool
        if len(self._runs) > 1 or not run.writes_text:
            self._show_step(run)
        self._outlet.progress(f"{run.name}…")
        return run, inside_tool if hidden else inside_shown_run

    def _input(self, run: WorkflowRun, given: Any) -> Any:
        """The input of a run with the conversation before it; none of it is the run's own in the record."""
        told = self._memory.before(given)
        run.transcript.restart(told if isinstance(told, list) else [told])
        return told

    def _options(self, run: WorkflowRun, shown: bool, options: Mapping[str, Any]) -> dict[str, Any]:
        active, own = self._active, options.get("hooks")
        if not shown:
            return run_options(options, active.max_rounds, active.models, NestedHooks(active, own))
        hooks = workflow_hooks(self._outlet, run.transcript, self._assistant, active.effects)
        models = active.shown_models(partial(_shown, self._outlet, run.transcript, self._ledger))
        return run_options(options, active.max_rounds, models, hooks if own is None else BothHooks(hooks, own))

    def _ended(self, run: WorkflowRun, output: Any) -> None:
        run.end(output)
        self._running.remove(run)
        if self._outlet.messages and run.writes_text and not run.hidden:
            self._standing = run
        if run.has_step:
            self._outlet.step_finished(run.key, run.name, self._content(run))

    def _failed(self, run: WorkflowRun) -> None:
        run.failed = True
        self._running.remove(run)
        if run.has_step:
            self._outlet.tool_failed(run.key)

    def _settle(self) -> None:
        """Turn the message on display into its agent's step."""
        standing, self._standing = self._standing, None
        self._outlet.withdraw_messages()
        if standing is not None:
            standing.has_step = True
            self._outlet.step_finished(standing.key, standing.name, standing.text)

    def _show_step(self, run: WorkflowRun) -> None:
        if run.has_step:
            return
        run.has_step = True
        self._outlet.step_started(run.key, run.name)
        if run.failed:
            self._outlet.tool_failed(run.key)
        elif run not in self._running:
            self._outlet.step_finished(run.key, run.name, self._content(run))

    def _content(self, run: WorkflowRun) -> str:
        """The text of a run's step; the message shows that of the run behind it, and an output type is not shown."""
        return run.text if run.writes_text and run is not self._standing else ""

    def _is_data(self, text: str) -> bool:
        """True for the JSON of an output type."""
        try:
            data = json.loads(text)
        except ValueError:
            return False
        return any(not run.writes_text and run.data == data for run in self._runs)


def plain(value: Any) -> Any:
    """Return a final output as JSON data, as exported code writes it into its result."""
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else value


def _shown(outlet: WorkflowOutlet, transcript: RunTranscript, ledger: RequestLedger, model: Model) -> Model:
    return OutletModel(model, outlet, transcript, ledger)
