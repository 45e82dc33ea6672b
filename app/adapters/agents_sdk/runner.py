"""The assistant's loop, run by the Agents SDK."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import suppress
from copy import copy
from typing import Any, Final

import msgspec
from agents import (
    Agent,
    Model,
    ModelResponse,
    ModelSettings,
    RunConfig,
    RunHooks,
    Runner,
    Tool,
    ToolsToFinalOutputResult,
)
from agents.exceptions import AgentsException, MaxTurnsExceeded
from agents.run_context import RunContextWrapper
from agents.tool_context import ToolContext
from agents.usage import Usage
from chatkit.store import StoreItemType
from chatkit.types import ThreadStreamEvent

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.capability_filter import CapabilityFilter
from app.adapters.agents_sdk.effect_replay import is_replayed, prior_effects, with_replayed_effects
from app.adapters.agents_sdk.fallback import CircuitBreakers, FallbackModel
from app.adapters.agents_sdk.file_inputs import FileInputs, FileParts
from app.adapters.agents_sdk.instructions import instructions
from app.adapters.agents_sdk.long_calls import know_by_letters
from app.adapters.agents_sdk.model_input import to_model_input
from app.adapters.agents_sdk.outlet import Outlet
from app.adapters.agents_sdk.response_translator import OutletModel
from app.adapters.agents_sdk.resumption import opened, repeat
from app.adapters.agents_sdk.run_transcript import RunTranscript
from app.adapters.agents_sdk.static_tools_agent import agent_with
from app.adapters.agents_sdk.tool_context import TurnContext
from app.adapters.agents_sdk.tools.failures import NOT_DONE
from app.adapters.agents_sdk.tools.toolbox_tools import ToolboxTools
from app.application.conversation.mentions import Mentions
from app.application.conversation.model_catalog import ModelCatalog
from app.application.conversation.questions import with_result
from app.chatkit_json.item_fields import IncompleteReason
from app.domain.clock import clock
from app.domain.errors import AnyportError
from app.domain.language import _
from app.domain.model_ref import ModelRef
from app.patches.agent_identity import tell_by_name
from app.ports.agent_runner import AgentRunner, Answered, HistoryEntry, RunReport, RunRequest
from app.ports.model_provider import Capabilities, FailureKind, ModelError
from app.ports.thread_store import ThreadStore
from app.ports.toolbox import EmptyToolbox, Toolbox
from app.ports.turn_log import TokenUsage, ToolEffect, TurnRecord

Changed = Callable[[str, str, str, bool], bool]

_REASONS: Final[Mapping[FailureKind, IncompleteReason]] = {
    "content_filtered": "content_filter",
    "truncated": "max_output_tokens",
}


class SdkAgentRunner(AgentRunner):
    """Runs one assistant on the models of a catalog. Nothing of a run outlives it."""

    def __init__(
        self,
        assistant: Assistant,
        models: ModelCatalog,
        store: ThreadStore,
        max_rounds: int,
        mentions: Mentions | None = None,
        further: Toolbox | None = None,
        file_inputs: FileInputs | None = None,
    ) -> None:
        tell_by_name()
        know_by_letters()
        self._assistant = assistant
        self._foreign = ToolboxTools(further or EmptyToolbox())
        self._models = models
        self._store = store
        self._max_rounds = max_rounds
        self._mentions = mentions
        self._enclosures = file_inputs
        self._breakers = CircuitBreakers()
        self._pattern: Agent[TurnContext] | None = None
        self._equipment: list[Tool] = []

    async def tools(self) -> frozenset[str]:
        """The names of the assistant's tools, and of those that other programs offer now."""
        return frozenset(tool.name for tool in self._tools())

    async def run(self, request: RunRequest, report: RunReport) -> AsyncGenerator[ThreadStreamEvent, None]:
        """Drive the loop in a task, and pass on what comes out of the outlet meanwhile."""
        thread, context = request.thread, request.context

        def new_id(kind: StoreItemType) -> str:
            return self._store.generate_item_id(kind, thread, context)

        outlet = Outlet(thread.id, new_id, request.delta_sink)
        driving = asyncio.create_task(self._drive(request, report, outlet))
        # A run that fails before or inside `finish` must not leave its reader waiting.
        driving.add_done_callback(lambda _: outlet.end())
        del request
        try:
            while (event := await outlet.next()) is not None:
                yield event
            await driving
        finally:
            driving.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await driving

    async def _drive(self, request: RunRequest, report: RunReport, outlet: Outlet) -> None:
        used: list[Usage] = []
        transcript = RunTranscript(())
        enclosed: FileParts = {}
        candidates = self._models.candidates(request.model)
        model = FallbackModel(candidates, lambda ref: self._open(ref, enclosed), self._breakers)
        try:
            report.effects = []
            context = TurnContext(request=request.context, thread=request.thread, stage=outlet)
            entries = request.history
            if request.answered is not None:
                report.earlier = await self._go_on(request.answered, context, outlet)
                if report.earlier.open_call is not None:
                    return
                entries = [report.earlier if entry is request.answered.turn else entry for entry in entries]
            if self._mentions is not None:
                entries = await self._mentions.resolved(entries, request.context)
            enclosed = await self._enclosed(entries, request.model)
            history = await to_model_input(entries, request.model, enclosed)
            history += prior_effects(request.done)
            transcript = RunTranscript(history)
            request = msgspec.structs.replace(request, history=())
            del entries  # The loop holds all that it tells the model; the items it was made from are done with.
            await Runner.run(
                self._agent(request, outlet, OutletModel(model, outlet, transcript)),
                history,
                context=context,
                max_turns=self._max_rounds,
                hooks=_Visible(outlet, transcript, self._assistant, used, self._effects(request, report)),
                run_config=RunConfig(
                    # Traces would go to OpenAI, whatever model runs, as soon as the SDK finds an OpenAI key.
                    tracing_disabled=True,
                    trace_include_sensitive_data=False,
                    tool_not_found_behavior="return_error_to_model",
                ),
            )
        except AgentsException as error:
            outlet.incomplete = "max_steps" if isinstance(error, MaxTurnsExceeded) else "failed"
            raise _explained(error) from error
        except ModelError as error:
            outlet.incomplete = _REASONS.get(error.kind, "failed")
            raise
        except Exception:
            outlet.incomplete = "failed"
            raise
        finally:
            try:
                outlet.finish()
            finally:
                report.provider, report.model = _author(model, request.model)
                report.attempts = len(model.attempts)
                report.open_call = None if report.earlier and report.earlier.open_call else outlet.questions.open_call
                report.model_items = transcript.items(report.open_call.call_id if report.open_call else None)
                report.item_ids = outlet.item_ids
                report.usage = _tokens(used)

    def _open(self, ref: ModelRef, enclosed: FileParts) -> Model:
        model = self._models.provider(ref).model(ref.model)
        return CapabilityFilter(model, self._models.capabilities(ref)) if enclosed else model

    async def _enclosed(self, entries: Sequence[HistoryEntry], chosen: ModelRef) -> FileParts:
        """Read the files that any candidate model takes; `CapabilityFilter` leaves out the rest for the others."""
        if self._enclosures is None:
            return {}
        able = [self._models.capabilities(ref) for ref in self._models.candidates(chosen)]
        files = Capabilities(images=any(one.images for one in able), files=any(one.files for one in able))
        return await self._enclosures.of(entries, files)

    async def _go_on(self, answered: Answered, context: TurnContext, outlet: Outlet) -> TurnRecord:
        """The turn that was interrupted, with the result of its call, or with another question in its place."""
        outlet.questions.answered(answered)
        call = opened(answered)
        outlet.tool_started(call.id, self._assistant.describe(call.tool, _arguments(call.arguments)))
        result = await repeat(call, self._assistant, context)
        outlet.annotator.returned(result)
        effect = self._effect(call.tool, call.arguments, result, changed=call.id in outlet.changed_by)
        outlet.tool_finished(call.id, changed=effect is not None)
        if (asked := outlet.questions.open_call) is not None:
            return msgspec.structs.replace(answered.turn, open_call=asked)
        turn = with_result(answered.turn, answered.call, result)
        return turn if effect is None else msgspec.structs.replace(turn, effects=[*turn.effects, effect])

    def _effect(self, tool: str, arguments: str, result: str, *, changed: bool) -> ToolEffect | None:
        """What a call that returned has changed; None for nothing."""
        quiet = tool in self._assistant.tracked or tool in self._foreign.read_only
        if result.startswith(NOT_DONE) or (quiet and not changed):
            return None
        return ToolEffect(tool=tool, arguments=arguments, result=result)

    def _effects(self, request: RunRequest, report: RunReport) -> "Changed":
        """Writes down a call that returned, and says whether it changed something: a repeated one did not."""

        def changed(tool: str, arguments: str, result: str, said: bool) -> bool:
            effect = self._effect(tool, arguments, result, changed=said)
            if effect is None or is_replayed(tool, arguments, request.done):
                return False
            report.effects.append(effect)
            return True

        return changed

    def _tools(self) -> list[Tool]:
        return [*self._assistant.tools, *self._foreign.now()]

    def _agent(self, request: RunRequest, outlet: Outlet, model: Model) -> Agent[TurnContext]:
        """A copy of the assistant's agent for one run: making one from its parts looks up the types of all fields."""
        tools = self._tools() if self._models.capabilities(request.model).tools else []
        if request.done:
            agent = agent_with(self._assistant.name, with_replayed_effects(tools, request.done))
        else:
            if self._pattern is None or self._equipment != tools:
                self._pattern, self._equipment = agent_with(self._assistant.name, tools), tools
            agent = copy(self._pattern)
        # Here and not in the run's configuration: the SDK would copy the settings of a model of its own to compare.
        agent.model = model
        agent.instructions = instructions(self._assistant, request.context, clock.now().date())
        agent.model_settings = ModelSettings(tool_choice=request.tool)
        agent.tool_use_behavior = lambda _, __: ToolsToFinalOutputResult(
            is_final_output=outlet.questions.open_call is not None, final_output=""
        )
        return agent


class _Visible(RunHooks[TurnContext]):
    """Shows tools while they run, and writes down what they returned."""

    def __init__(
        self, outlet: Outlet, transcript: RunTranscript, assistant: Assistant, used: list[Usage], changed: "Changed"
    ) -> None:
        self._outlet = outlet
        self._transcript = transcript
        self._assistant = assistant
        self._used = used
        self._changed = changed

    async def on_llm_end(self, context: Any, agent: Any, response: ModelResponse) -> None:
        """Count here what was used: a run that fails gives no result to ask."""
        self._used.append(response.usage)

    async def on_tool_start(self, context: RunContextWrapper[TurnContext], agent: Any, tool: Tool) -> None:
        if isinstance(context, ToolContext):
            title = self._assistant.describe(context.tool_name, _arguments(context.tool_arguments))
            self._outlet.tool_started(context.tool_call_id, title)

    async def on_tool_end(
        self, context: RunContextWrapper[TurnContext], agent: Any, tool: Tool, result: object
    ) -> None:
        if isinstance(context, ToolContext):
            call_id, open_call = context.tool_call_id, self._outlet.questions.open_call
            changed = False
            if open_call is None or open_call.call_id != call_id:
                self._transcript.tool_returned(call_id, result)
                said = call_id in self._outlet.changed_by
                changed = self._changed(context.tool_name, context.tool_arguments, str(result), said)
            self._outlet.annotator.returned(str(result))
            self._outlet.tool_finished(call_id, changed=changed)


def _author(model: FallbackModel, chosen: ModelRef) -> tuple[str, str]:
    """Who wrote the run's items; nobody in particular when several did, so that no one takes them for its own."""
    authors = {attempt.ref for attempt in model.attempts if attempt.failure is None} or {chosen}
    [author, *others] = authors
    return ("several", ",".join(sorted(map(str, authors)))) if others else (author.provider, author.model)


def _arguments(text: str) -> Mapping[str, Any]:
    with suppress(ValueError, RecursionError):
        arguments = json.loads(text)
        if isinstance(arguments, dict):
            return arguments
    return {}


def _explained(error: AgentsException) -> AnyportError:
    """What the user is told when the loop gives up; a model's own failures are `ModelError`s already."""
    if isinstance(error, MaxTurnsExceeded):
        return ModelError(
            _("I stopped here: this took more steps than I am allowed in one go. Say “go on” to continue."),
            kind="truncated",
            detail=str(error),
        )
    return ModelError(
        _("The model's answer could not be used. Please try again."),
        kind="protocol",
        detail=f"{type(error).__name__}: {error}",
    )


def _tokens(used: Sequence[Usage]) -> TokenUsage:
    return TokenUsage(
        requests=sum(one.requests for one in used),
        input_tokens=sum(one.input_tokens for one in used),
        output_tokens=sum(one.output_tokens for one in used),
        cached_tokens=sum(one.input_tokens_details.cached_tokens or 0 for one in used),
        reasoning_tokens=sum(one.output_tokens_details.reasoning_tokens or 0 for one in used),
    )
