"""Active run: the turn that code of a tool runs in, so that a run inside the tool belongs to it."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future
from contextvars import ContextVar
from typing import Any

from openai.types.shared import Reasoning

from app.adapters.agents_sdk.fallback import CircuitBreakers
from app.adapters.agents_sdk.file_inputs import FileParts
from app.adapters.agents_sdk.nested_models import NestedModel
from app.adapters.agents_sdk.outlet import Outlet
from app.adapters.agents_sdk.request_ledger import RequestLedger
from app.adapters.agents_sdk.run_effects import RunEffects
from app.adapters.agents_sdk.run_models import RunModels
from app.application.conversation.model_catalog import ModelCatalog
from app.domain.model_ref import ModelRef
from app.ports.turn_log import ToolEffect


class ActiveRun:
    """What a run inside a tool shares with its turn: models, ledger, effects, and the server's event loop.

    Outside a turn there is one for the whole server, without an outlet and without effects.
    """

    def __init__(
        self,
        catalog: ModelCatalog,
        breakers: CircuitBreakers,
        chosen: ModelRef,
        *,
        max_rounds: int,
        reasoning: Reasoning,
        files: FileParts | None = None,
        ledger: RequestLedger | None = None,
        outlet: Outlet | None = None,
        effects: RunEffects | None = None,
        done: Sequence[ToolEffect] = (),
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self.ledger = ledger or RequestLedger()
        self.outlet = outlet
        self.effects = effects
        self.done = done
        self.max_rounds = max_rounds
        self.loop = loop or asyncio.get_running_loop()
        self._waited: set[Future[Any]] = set()
        self.models = RunModels(
            catalog,
            breakers,
            chosen,
            files or {},
            self.ledger.nested,
            lambda model: NestedModel(model, self.ledger, self.loop),
            # Nobody sees the thoughts of a run inside a tool.
            reasoning.model_copy(update={"summary": None}),
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


active_run: ContextVar[ActiveRun | None] = ContextVar("active_run", default=None)
"""The turn that this code runs in; None outside a turn."""

inside_tool: ContextVar[bool] = ContextVar("inside_tool", default=False)
"""True in a run that a tool started: its questions have no user, because the run cannot wait for days."""
