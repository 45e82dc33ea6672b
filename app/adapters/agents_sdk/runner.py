"""Agent runner: drives the assistant's loop of model and tools with the Agents SDK."""

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
from app.adapters.agents_sdk.model_input import to_model_input
from app.adapters.agents_sdk.outlet import Outlet
from app.adapters.agents_sdk.response_translator import OutletModel
from app.adapters.agents_sdk.resumption import pending_call, resume_call
from app.adapters.agents_sdk.run_transcript import RunTranscript
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
from app.patches import agent_identity
from app.patches.static_tools_agent import agent_with
from app.ports.agent_runner import AgentRunner, Answered, HistoryEntry, RunReport, RunRequest
from app.ports.model_provider import Capabilities, FailureKind, ModelError
from app.ports.thread_store import ThreadStore
from app.ports.toolbox import EmptyToolbox, Toolbox
from app.ports.turn_log import TokenUsage, ToolEffect, TurnRecord

EffectRecorder = Callable[[str, str, str, bool], bool]
"""Records the effect of a call: tool, arguments, result, and whether the tool reported a change itself."""

_REASONS: Final[Mapping[FailureKind, IncompleteReason]] = {
    "content_filtered": "content_filter",
    "truncated": "max_output_tokens",
}


class SdkAgentRunner(AgentRunner):
    """Agent runner for one assistant and the models of a catalog; no state of a run outlives that run."""

    def __init__(
        self,
        assistant: Assistant,
        models: ModelCatalog,
        store: ThreadStore,
        max_rounds: int,
        mentions: Mentions | None = None,
        external_tools: Toolbox | None = None,
        file_inputs: FileInputs | None = None,
    ) -> None:
        agent_identity.apply()
        self._assistant = assistant
        self._external_tools = ToolboxTools(external_tools or EmptyToolbox())
        self._models = models
        self._store = store
        self._max_rounds = max_rounds
        self._mentions = mentions
        self._file_inputs = file_inputs
        self._breakers = CircuitBreakers()
        self._cached_agent: Agent[TurnContext] | None = None
        self._cached_tools: list[Tool] = []

    async def tools(self) -> frozenset[str]:
        """Return the names of the assistant's tools and of the external tools available now."""
        return frozenset(tool.name for tool in self._tools())

    async def run(self, request: RunRequest, report: RunReport) -> AsyncGenerator[ThreadStreamEvent, None]:
        """Drive the loop in a task and yield the events of its outlet. See `AgentRunner.run`."""
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
        usages: list[Usage] = []
        transcript = RunTranscript(())
        file_parts: FileParts = {}
        candidates = self._models.candidates(request.model)
        model = FallbackModel(candidates, lambda ref: self._open(ref, file_parts), self._breakers)
        try:
            report.effects = []
            context = TurnContext(request=request.context, thread=request.thread, stage=outlet)
            entries = request.history
            if request.answered is not None:
                report.earlier = await self._resume(request.answered, context, outlet)
                if report.earlier.open_call is not None:
                    return
                entries = [report.earlier if entry is request.answered.turn else entry for entry in entries]
            if self._mentions is not None:
                entries = await self._mentions.resolved(entries, request.context)
            file_parts = await self._read_files(entries, request.model)
            history = await to_model_input(entries, request.model, file_parts)
            history += prior_effects(request.done)
            transcript = RunTranscript(history)
            request = msgspec.structs.replace(request, history=())
            del entries  # The loop holds the model input; the thread items behind it need no memory any more.
            await Runner.run(
                self._agent(request, outlet, OutletModel(model, outlet, transcript)),
                history,
                context=context,
                max_turns=self._max_rounds,
                hooks=_OutletHooks(outlet, transcript, self._assistant, usages, self._effect_recorder(request, report)),
                run_config=RunConfig(
                    # The SDK sends traces to OpenAI, for every provider, as soon as it finds an OpenAI key.
                    tracing_disabled=True,
                    trace_include_sensitive_data=False,
                    tool_not_found_behavior="return_error_to_model",
                ),
            )
        except AgentsException as error:
            outlet.incomplete = "max_steps" if isinstance(error, MaxTurnsExceeded) else "failed"
            raise _error_for_user(error) from error
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
                report.usage = _token_usage(usages)

    def _open(self, ref: ModelRef, file_parts: FileParts) -> Model:
        model = self._models.provider(ref).model(ref.model)
        return CapabilityFilter(model, self._models.capabilities(ref)) if file_parts else model

    async def _read_files(self, entries: Sequence[HistoryEntry], chosen: ModelRef) -> FileParts:
        """Read the files that at least one candidate model accepts; `CapabilityFilter` hides them from the others."""
        if self._file_inputs is None:
            return {}
        candidates = [self._models.capabilities(ref) for ref in self._models.candidates(chosen)]
        combined = Capabilities(
            images=any(one.images for one in candidates), files=any(one.files for one in candidates)
        )
        return await self._file_inputs.read(entries, combined)

    async def _resume(self, answered: Answered, context: TurnContext, outlet: Outlet) -> TurnRecord:
        """Resume the interrupted turn: return it with its call's result, or with the next question of that call."""
        outlet.questions.set_answer(answered)
        call = pending_call(answered)
        outlet.tool_started(call.id, self._assistant.describe(call.tool, _arguments(call.arguments)))
        result = await resume_call(call, self._assistant, context)
        outlet.annotator.remember(result)
        effect = self._effect(call.tool, call.arguments, result, changed=call.id in outlet.changed_by)
        outlet.tool_finished(call.id, changed=effect is not None)
        if (asked := outlet.questions.open_call) is not None:
            return msgspec.structs.replace(answered.turn, open_call=asked)
        turn = with_result(answered.turn, answered.call, result)
        return turn if effect is None else msgspec.structs.replace(turn, effects=[*turn.effects, effect])

    def _effect(self, tool: str, arguments: str, result: str, *, changed: bool) -> ToolEffect | None:
        """The effect of a finished call, or None if the call changed nothing; `changed` is the tool's own report."""
        reports_changes = tool in self._assistant.tracked or tool in self._external_tools.read_only
        if result.startswith(NOT_DONE) or (reports_changes and not changed):
            return None
        return ToolEffect(tool=tool, arguments=arguments, result=result)

    def _effect_recorder(self, request: RunRequest, report: RunReport) -> EffectRecorder:
        """Return a function that records the effect of a finished call and returns False for a call without one."""

        def record(tool: str, arguments: str, result: str, reported: bool) -> bool:
            effect = self._effect(tool, arguments, result, changed=reported)
            if effect is None or is_replayed(tool, arguments, request.done):
                return False
            report.effects.append(effect)
            return True

        return record

    def _tools(self) -> list[Tool]:
        return [*self._assistant.tools, *self._external_tools.current()]

    def _agent(self, request: RunRequest, outlet: Outlet, model: Model) -> Agent[TurnContext]:
        """Return an agent for one run, copied from a cached one: building it anew resolves the types of all fields."""
        tools = self._tools() if self._models.capabilities(request.model).tools else []
        if request.done:
            agent = agent_with(self._assistant.name, with_replayed_effects(tools, request.done))
        else:
            if self._cached_agent is None or self._cached_tools != tools:
                self._cached_agent, self._cached_tools = agent_with(self._assistant.name, tools), tools
            agent = copy(self._cached_agent)
        # Set on the agent: with a model in the run's configuration the SDK copies its default settings to compare them.
        agent.model = model
        agent.instructions = instructions(self._assistant, request.context, clock.now().date())
        agent.model_settings = ModelSettings(tool_choice=request.tool)
        agent.tool_use_behavior = lambda _, __: ToolsToFinalOutputResult(
            is_final_output=outlet.questions.open_call is not None, final_output=""
        )
        return agent


class _OutletHooks(RunHooks[TurnContext]):
    """Run hooks: show running tools in the outlet, and record results, effects and token usage."""

    def __init__(
        self,
        outlet: Outlet,
        transcript: RunTranscript,
        assistant: Assistant,
        usages: list[Usage],
        record_effect: EffectRecorder,
    ) -> None:
        self._outlet = outlet
        self._transcript = transcript
        self._assistant = assistant
        self._usages = usages
        self._record_effect = record_effect

    async def on_llm_end(self, context: Any, agent: Any, response: ModelResponse) -> None:
        """Collect the usage of each response, because a run that fails returns no result with the total."""
        self._usages.append(response.usage)

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
                reported = call_id in self._outlet.changed_by
                changed = self._record_effect(context.tool_name, context.tool_arguments, str(result), reported)
            self._outlet.annotator.remember(str(result))
            self._outlet.tool_finished(call_id, changed=changed)


def _author(model: FallbackModel, chosen: ModelRef) -> tuple[str, str]:
    """Provider and model that wrote the run's items; `several` stands for more than one, and matches no model."""
    authors = {attempt.ref for attempt in model.attempts if attempt.failure is None} or {chosen}
    [author, *others] = authors
    return ("several", ",".join(sorted(map(str, authors)))) if others else (author.provider, author.model)


def _arguments(text: str) -> Mapping[str, Any]:
    with suppress(ValueError, RecursionError):
        arguments = json.loads(text)
        if isinstance(arguments, dict):
            return arguments
    return {}


def _error_for_user(error: AgentsException) -> AnyportError:
    """The error for the user when the SDK's loop fails; failures of a model are `ModelError`s already."""
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


def _token_usage(usages: Sequence[Usage]) -> TokenUsage:
    return TokenUsage(
        requests=sum(usage.requests for usage in usages),
        input_tokens=sum(usage.input_tokens for usage in usages),
        output_tokens=sum(usage.output_tokens for usage in usages),
        cached_tokens=sum(usage.input_tokens_details.cached_tokens or 0 for usage in usages),
        reasoning_tokens=sum(usage.output_tokens_details.reasoning_tokens or 0 for usage in usages),
    )
