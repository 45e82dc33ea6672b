"""Agent runner: drives the assistant's loop of model and tools with the Agents SDK."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress
from functools import partial

import msgspec
from agents import Model, RunConfig
from agents.run import AgentRunner as SdkRunner
from chatkit.store import StoreItemType
from chatkit.types import ThreadStreamEvent
from openai.types.shared import Reasoning

from app.adapters.agents_sdk.approvals.continued_run import RunInput, SettlingModel, continued_run
from app.adapters.agents_sdk.approvals.run_approvals import RunApprovals
from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.assistant_checks.tool_names import first_agent_names
from app.adapters.agents_sdk.input.file_inputs import FileInputs, FileParts
from app.adapters.agents_sdk.input.model_input import to_model_input
from app.adapters.agents_sdk.models.fallback import CircuitBreakers
from app.adapters.agents_sdk.models.reasoning import DEFAULT_REASONING
from app.adapters.agents_sdk.models.request_ledger import RequestLedger
from app.adapters.agents_sdk.nested.active_run import ActiveRun, active_run, observe_failure
from app.adapters.agents_sdk.nested.traces import trace_settings
from app.adapters.agents_sdk.output.final_output import show_final_output
from app.adapters.agents_sdk.output.image_keeper import ImageKeeper
from app.adapters.agents_sdk.output.outlet import Outlet
from app.adapters.agents_sdk.output.response_translator import OutletModel, RunPausedError
from app.adapters.agents_sdk.questions.resumption import pending_call, resume_call
from app.adapters.agents_sdk.run.agent_graph import AgentGraph
from app.adapters.agents_sdk.run.agent_mcp_servers import AgentMcpServers, mcp_servers_of
from app.adapters.agents_sdk.run.effect_replay import prior_effects
from app.adapters.agents_sdk.run.effects import RunEffects
from app.adapters.agents_sdk.run.ending import RunEnding
from app.adapters.agents_sdk.run.hooks import parsed_arguments, run_hooks
from app.adapters.agents_sdk.run.own_context import make_own_context
from app.adapters.agents_sdk.run.progress import RunProgress
from app.adapters.agents_sdk.run.transcript import RunTranscript
from app.adapters.agents_sdk.tool_context import TurnContext, current_turn
from app.adapters.agents_sdk.tools.failures import tool_error
from app.adapters.agents_sdk.tools.toolbox_tools import ToolboxTools
from app.application.attachments.generated import GeneratedImages
from app.application.conversation.mentions import Mentions
from app.application.conversation.model_catalog import ModelCatalog
from app.application.conversation.questions import with_result
from app.domain.identity import RequestContext
from app.domain.model_ref import ModelRef
from app.patches import agent_identity, tool_failures
from app.ports.agent_runner import AgentRunner, Answered, HistoryEntry, RunReport, RunRequest
from app.ports.model_provider import Capabilities
from app.ports.thread_store import ThreadStore
from app.ports.toolbox import EmptyToolbox, Toolbox
from app.ports.turn_log import TokenUsage, TurnRecord

LateUsage = Callable[[RequestContext, TokenUsage], object]
"""Counts the tokens of code that a tool left running after its turn."""


class SdkAgentRunner(AgentRunner):
    """Agent runner for one assistant and the models of a catalog; no state of a run outlives that run."""

    outlet_type = Outlet

    def __init__(
        self,
        assistant: Assistant,
        models: ModelCatalog,
        store: ThreadStore,
        max_rounds: int,
        mentions: Mentions | None = None,
        external_tools: Toolbox | None = None,
        file_inputs: FileInputs | None = None,
        reasoning: Reasoning = DEFAULT_REASONING,
        late_usage: LateUsage | None = None,
        images: GeneratedImages | None = None,
    ) -> None:
        agent_identity.apply()
        tool_failures.apply(observe_failure)
        self._assistant = assistant
        self._external_tools = ToolboxTools(external_tools or EmptyToolbox(), first_agent_names(assistant))
        self._graph = AgentGraph(assistant, self._external_tools)
        self._models = models
        self._store = store
        self._max_rounds = max_rounds
        self._mentions = mentions
        self._file_inputs = file_inputs
        self._reasoning = reasoning
        self._images = images
        self._breakers = CircuitBreakers()
        self._late_usage = late_usage or _uncounted
        self._sdk_runner = SdkRunner()
        self._mcp_servers = AgentMcpServers(mcp_servers_of(assistant.agent))

    async def warm(self) -> None:
        """Connect to the MCP servers of the agents."""
        await self._mcp_servers.start()

    async def aclose(self) -> None:
        """Disconnect from the MCP servers of the agents."""
        await self._mcp_servers.aclose()

    async def tools(self) -> frozenset[str]:
        """Return the names of the first agent's tools and of the external tools available now."""
        return frozenset(tool.name for tool in self._graph.tools())

    async def run(self, request: RunRequest, report: RunReport) -> AsyncGenerator[ThreadStreamEvent, None]:
        """Drive the loop in a task and yield the events of its outlet. See `AgentRunner.run`."""
        thread, context = request.thread, request.context

        def new_id(kind: StoreItemType) -> str:
            return self._store.generate_item_id(kind, thread, context)

        keeper = ImageKeeper(self._images, thread.id, context) if self._images is not None else None
        outlet = self.outlet_type(thread.id, new_id, request.delta_sink, keeper)
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
        report.effects = []
        progress = RunProgress(outlet, RequestLedger(), RunTranscript(()))
        active = self._activate(request, report, progress)
        ending = RunEnding(self._assistant, request, outlet, active.effects, report)
        chosen, caller = request.model, request.context
        answering = self._answer(request, report, progress, active)
        del request  # The history in it needs no memory once the model input is made.
        try:
            await answering
        except asyncio.CancelledError:
            active.cancel()
            raise
        except RunPausedError:
            return
        except Exception as error:
            await ending.end(error, progress)
        finally:
            try:
                outlet.finish()
            finally:
                progress.complete(report, chosen)
                progress.ledger.close(partial(self._late_usage, caller))

    async def _answer(self, request: RunRequest, report: RunReport, progress: RunProgress, active: ActiveRun) -> None:
        outlet, transcript = progress.outlet, progress.transcript
        context = TurnContext(request=request.context, thread=request.thread, stage=outlet)
        current_turn.set(context)
        await make_own_context(self._assistant, context)
        entries = request.history
        if request.answered is not None:
            report.earlier = await self._resume(request.answered, context, active)
            if report.earlier.open_call is not None:
                return
            entries = [report.earlier if entry is request.answered.turn else entry for entry in entries]
        if (continued := continued_run(request, report, active.effects, context)) is not None:
            progress.continued = continued
            entries = continued.before(entries)
        if self._mentions is not None:
            entries = await self._mentions.resolved(entries, request.context)
        active.files.update(await self._read_files(entries, request.model))
        history = await to_model_input(entries, request.model, active.files)
        history += prior_effects(request.done)
        transcript.restart(history)
        request = msgspec.structs.replace(request, history=())
        del entries  # The loop holds the model input; the thread items behind it need no memory any more.
        models = active.shown_models(partial(_shown, progress))
        root = self._graph.for_run(request, models.chosen(), self._models.capabilities(request.model))
        await self._mcp_servers.require(root.mcp_servers)
        asking = RunApprovals(request.desk, self._assistant, outlet, context)
        run_input: RunInput | None = history
        if continued is not None:
            run_input = await continued.restored(root, history, self._max_rounds, asking, report)
            if run_input is None:
                return
            if isinstance(run_input, list):
                transcript.restart(run_input)
        run = partial(
            self._sdk_runner.run,
            root,
            context=context.for_run,
            max_turns=self._max_rounds,
            hooks=run_hooks(outlet, transcript, self._assistant, active.effects, self._mcp_servers),
            run_config=RunConfig(
                model_provider=models,
                **trace_settings(root.name, request.thread.id),
                tool_not_found_behavior="return_error_to_model",
                tool_error_formatter=tool_error,
                call_model_input_filter=continued.input_filter(history) if continued else None,
            ),
        )
        progress.asked, result = await asking.settled(run, run_input, history)
        if not result.interruptions and outlet.questions.open_call is None:
            await show_final_output(result, self._assistant, outlet)

    def _activate(self, request: RunRequest, report: RunReport, progress: RunProgress) -> ActiveRun:
        """Make this turn the one that code of its tools runs in."""
        run = ActiveRun(
            self._models,
            self._breakers,
            request.model,
            progress.ledger,
            self._reasoning,
            self._max_rounds,
            asyncio.get_running_loop(),
        )
        reporting = self._assistant.tracked | self._external_tools.read_only
        run.outlet, run.effects = progress.outlet, RunEffects(reporting, request.done, report.effects)
        run.done = request.done
        active_run.set(run)
        return run

    async def _read_files(self, entries: Sequence[HistoryEntry], chosen: ModelRef) -> FileParts:
        """Read the files that at least one candidate model accepts; `CapabilityFilter` hides them from the others."""
        if self._file_inputs is None:
            return {}
        candidates = [self._models.capabilities(ref) for ref in self._models.candidates(chosen)]
        combined = Capabilities(
            images=any(one.images for one in candidates), files=any(one.files for one in candidates)
        )
        return await self._file_inputs.read(entries, combined)

    async def _resume(self, answered: Answered, context: TurnContext, active: ActiveRun) -> TurnRecord:
        """Resume the interrupted turn: return it with its call's result, or with the next question of that call."""
        outlet = active.outlet
        outlet.questions.set_answer(answered)
        call = pending_call(answered)
        outlet.tool_started(call.id, self._assistant.describe(call.tool, parsed_arguments(call.arguments)))
        result = await resume_call(call, self._graph.tool(call.tool), context)
        outlet.annotator.remember(result)
        reported = call.id in outlet.changed_by
        effect = active.effects.effect(call.id, call.tool, call.arguments, result, reported=reported)
        outlet.tool_finished(call.id, changed=effect is not None)
        if (asked := outlet.questions.open_call) is not None:
            return msgspec.structs.replace(answered.turn, open_call=asked)
        turn = with_result(answered.turn, answered.call, result)
        return turn if effect is None else msgspec.structs.replace(turn, effects=[*turn.effects, effect])


def _shown(progress: RunProgress, model: Model) -> Model:
    """A model whose answers the user sees; of a continued run it stores the results of the resumed turn first."""
    model = OutletModel(model, progress.outlet, progress.transcript, progress.ledger)
    if (continued := progress.continued) is None:
        return model
    return SettlingModel(model, continued.resumed, progress.transcript, progress.outlet)


def _uncounted(context: RequestContext, usage: TokenUsage) -> None:
    """Count nothing, where no limits are wired."""
