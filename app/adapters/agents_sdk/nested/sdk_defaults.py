"""SDK defaults: what the Agents SDK uses where code names nothing, in the whole process."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from openai.types.shared import Reasoning

from app.adapters.agents_sdk.models.fallback import CircuitBreakers
from app.adapters.agents_sdk.models.request_ledger import RequestLedger
from app.adapters.agents_sdk.nested.active_run import RunScope
from app.adapters.agents_sdk.nested.runner import NestedRunner
from app.adapters.agents_sdk.nested.traces import traces
from app.application.conversation.model_catalog import ModelCatalog
from app.domain.errors import AnyportError
from app.patches import default_runner, openai_seal
from app.patches.register import DEFAULT_RUNNER


class EarlyRunError(AnyportError):
    """Code ran an agent while it was imported; the developer must run it in a tool, or after the start."""

    code = "early_run"


class SdkDefaults:
    """Seals the SDK's defaults from the import of an assistant until the server has stopped.

    Several servers in one process share them; code outside a turn gets the models of the newest.
    """

    def __init__(self) -> None:
        self._seals = 0
        self._servers: list[RunScope] = []

    @contextmanager
    def sealed(self, trace_key: str = "") -> Iterator[None]:
        """In the block no default of the SDK leads to OpenAI, and a run without models is refused.

        With `trace_key`, a key of OpenAI, traces go to OpenAI.
        """
        self._seals += 1
        if self._seals == 1:
            traces.install()
            if trace_key:
                traces.send_to_openai(trace_key)
        self._apply(bool(trace_key))
        try:
            yield
        finally:
            self._seals -= 1
            if not self._seals:
                traces.forget_processors()
                default_runner.restore()
                openai_seal.unseal()

    @contextmanager
    def serving(
        self,
        models: ModelCatalog,
        max_rounds: int,
        reasoning: Reasoning,
        loop: asyncio.AbstractEventLoop,
        trace_key: str = "",
    ) -> Iterator[None]:
        """In the block code outside a turn gets these models."""
        chosen, ledger = models.default, RequestLedger(keeps=False)
        server = RunScope(models, CircuitBreakers(), chosen, ledger, reasoning, max_rounds, loop)
        ledger.close(lambda _: None)  # No user is known whose tokens these are.
        with self.sealed(trace_key):
            self._servers.append(server)
            try:
                yield
            finally:
                self._servers.remove(server)

    def _apply(self, traced: bool) -> None:
        """Again for each block: an assistant's module may have set a default of its own."""
        openai_seal.seal(traces=not traced)
        if DEFAULT_RUNNER.is_applied():
            default_runner.install(NestedRunner(self._outside))

    def _outside(self) -> RunScope:
        if not self._servers:
            raise EarlyRunError("No model can be asked before the server has started.")
        return self._servers[-1]


sdk_defaults = SdkDefaults()
