"""Active run: the turn that code of a tool runs in, so that a run inside the tool belongs to it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextvars import ContextVar
from functools import cached_property
from typing import Any, Protocol

from agents import Agent, Model, RunResult, RunResultStreaming
from openai.types.shared import Reasoning

from app.adapters.agents_sdk.input.file_inputs import FileParts
from app.adapters.agents_sdk.models.fallback import CircuitBreakers
from app.adapters.agents_sdk.models.request_ledger import RequestLedger
from app.adapters.agents_sdk.models.run_models import RunModels
from app.adapters.agents_sdk.nested.models import NestedModel
from app.adapters.agents_sdk.nested.nesting import inside_tool
from app.adapters.agents_sdk.output.outlet import Outlet
from app.adapters.agents_sdk.run.effects import RunEffects
from app.adapters.agents_sdk.tools.crashes import report_failure
from app.application.conversation.model_catalog import ModelCatalog
from app.domain.model_ref import ModelRef
from app.ports.turn_log import ToolEffect


class RunScope:
    """What runs share that code starts itself: the models, the ledger, the limit of rounds, the server's event loop.

    A turn has a scope, and the server has one for code outside any turn.
    """

    def __init__(
        self,
        catalog: ModelCatalog,
        breakers: CircuitBreakers,
        chosen: ModelRef,
        ledger: RequestLedger,
        reasoning: Reasoning,
        max_rounds: int,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.ledger = ledger
        self.max_rounds = max_rounds
        self.loop = loop
        self.files: FileParts = {}
        self.done: Sequence[ToolEffect] = ()
        self._catalog = catalog
        self._breakers = breakers
        self._chosen = chosen
        self._reasoning = reasoning
        self._waited: set[Future[Any]] = set()

    @cached_property
    def models(self) -> RunModels:
        """The models of runs that the user does not see; nobody sees their thoughts either."""
        return RunModels(
            self._catalog,
            self._breakers,
            self._chosen,
            self.files,
            self.ledger.nested,
            lambda model: NestedModel(model, self.ledger, self.loop),
            self._reasoning.model_copy(update={"summary": None}),
        )

    def wait(self, future: "Future[Any]") -> Any:
        """Wait in a thread for a run on the server's loop; `cancel` ends the wait."""
        self._waited.add(future)
        try:
            return future.result()
        finally:
            self._waited.discard(future)

    def cancel(self) -> None:
        """Cancel the runs that threads wait for: a thread itself cannot be cancelled."""
        for future in [*self._waited]:
            future.cancel()


class ShownRuns(Protocol):
    """The runs that the code of a turn makes itself, outside any tool, and that the user sees.

    `start` is the SDK's own function, called with the agent, the input and the options.
    """

    async def run(
        self, start: Callable[..., Any], agent: Agent[Any], given: Any, options: Mapping[str, Any]
    ) -> RunResult:
        """Run an agent whose text and tools are shown."""

    def run_streamed(
        self, start: Callable[..., RunResultStreaming], agent: Agent[Any], given: Any, options: Mapping[str, Any]
    ) -> RunResultStreaming:
        """Run an agent whose text and tools are shown, and whose events the code reads too."""


class ActiveRun(RunScope):
    """The scope of a turn, with its outlet and its effects; `shown_runs` are set where code drives the turn."""

    outlet: Outlet
    effects: RunEffects
    shown_runs: ShownRuns | None = None

    def shown_models(self, wrap: Callable[[Model], Model]) -> RunModels:
        """Return the models of the run that the user sees; `wrap` adds what shows their answers."""
        return RunModels(
            self._catalog,
            self._breakers,
            self._chosen,
            self.files,
            self.ledger.shown,
            wrap,
            self._reasoning,
        )


active_run: ContextVar[ActiveRun | None] = ContextVar("active_run", default=None)
"""The turn that this code runs in; None outside a turn."""


def observe_failure(tool: str, call: Any, error: Exception) -> None:
    """Report a tool's exception, and mark its step; that of a run inside a tool has none."""
    if not report_failure(tool, error):
        return
    run, call_id = active_run.get(), getattr(call, "tool_call_id", "")
    if run is not None:
        run.effects.failed.add(call_id)
        if not inside_tool.get():
            run.outlet.tool_failed(call_id)
