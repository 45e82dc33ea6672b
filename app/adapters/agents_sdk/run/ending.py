"""Run ending: how a run ends that a guardrail stopped or that failed, on the page, in the record and in the log."""

from collections.abc import Sequence
from typing import Any

import structlog
from agents.exceptions import AgentsException, OutputGuardrailTripwireTriggered
from agents.items import TResponseInputItem
from chatkit.types import UserMessageItem
from msgspec.structs import replace

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.input.model_input import context_message
from app.adapters.agents_sdk.output.outlet import Outlet
from app.adapters.agents_sdk.run.crashes import AssistantCrashedError
from app.adapters.agents_sdk.run.effects import RunEffects
from app.adapters.agents_sdk.run.failures import error_for_user, incomplete_reason
from app.adapters.agents_sdk.run.progress import RunProgress
from app.adapters.agents_sdk.run.tripwires import Tripwire, causes, sentence, tripwire_of
from app.ports.agent_runner import RunReport, RunRequest

log = structlog.get_logger(__name__)

_REJECTED_MESSAGE = "[The user wrote a message here that a guardrail rejected. It is left out.]"


class RunEnding:
    """Ends one run early: with a sentence of the assistant where a guardrail rejected something, else with an error."""

    def __init__(
        self, assistant: Assistant, request: RunRequest, outlet: Outlet, effects: RunEffects, report: RunReport
    ) -> None:
        asked = request.history[-1]
        self._asked = asked.id if isinstance(asked, UserMessageItem) else None
        self._locale = request.context.locale
        self._assistant = assistant
        self._outlet = outlet
        self._effects = effects
        self._report = report

    async def end(self, error: Exception, progress: RunProgress) -> None:
        """Return when the run has an end that the user can read. Raises the error for the user otherwise."""
        if (tripwire := tripwire_of(error, self._locale)) is not None:
            await self._refuse(tripwire, error, progress)
            return
        if isinstance(error, AgentsException) and self._outlet.questions.open_call is not None:
            return  # The rounds end with the question, and the answer begins new ones.
        failure = error_for_user(error, self._outlet.agent)
        if isinstance(failure, AssistantCrashedError) and failure.is_check:
            self._withdraw(progress)
        self._outlet.run_failed()
        self._outlet.incomplete = incomplete_reason(error)
        if failure is error:
            raise error
        raise failure from error

    async def _refuse(self, tripwire: Tripwire, error: Exception, progress: RunProgress) -> None:
        """Withdraw what was rejected, and show the assistant's sentence; later turns are told of both."""
        if not tripwire.agent:
            tripwire = replace(tripwire, agent=self._outlet.agent)
        names = {"guardrail": tripwire.guardrail, "agent": tripwire.agent}
        log.warning("guardrail tripped", kind=tripwire.kind, actor=tripwire.actor, **names)
        text = await sentence(self._assistant.guardrail_message, tripwire)
        answer = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}
        self._report.refused = True
        transcript = progress.transcript
        match tripwire.kind:
            case "input":
                self._withdraw(progress)
                transcript.replace([context_message(_REJECTED_MESSAGE), answer])
                if self._asked is not None:
                    # The record stands for the message too, so that no later turn sends it to a model.
                    self._outlet.item_ids.append(self._asked)
            case "output":
                rejected = "" if transcript.ends_with_a_result else _output(error)
                self._effects.withhold(rejected)
                self._withdraw(progress, rejected)
                transcript.replace([*self._changes(), answer])
            case "tool_input" | "tool_output":
                self._outlet.drop_widgets()
                self._effects.record_running(self._outlet.changed_by)
                transcript.add(answer)
        self._outlet.say(text)

    def _withdraw(self, progress: RunProgress, rejected: str = "") -> None:
        """Remove all that the run has shown, also from the journal and from what later turns are told."""
        self._report.withdrawn = self._outlet.withdraw_all()
        progress.transcript.replace([])
        if progress.continued is not None:
            progress.continued.resumed.withhold(rejected)

    def _changes(self) -> Sequence[TResponseInputItem]:
        """A message to the model about changes that stand although the answer was rejected."""
        names = ", ".join(dict.fromkeys(effect.tool for effect in self._report.effects))
        if not names:
            return []
        return [context_message(f"[A guardrail rejected the answer to this. These tools were called before: {names}.]")]


def _output(error: Exception) -> str:
    """The text of a rejected final output; empty for a blank text and for an object."""
    rejected = [cause for cause in causes(error) if isinstance(cause, OutputGuardrailTripwireTriggered)]
    output: Any = rejected[0].guardrail_result.agent_output if rejected else ""
    return output.strip() if isinstance(output, str) else ""
