"""Request ledger: every request that one run sends to models, and the tokens that the providers counted."""

from collections import deque
from collections.abc import Callable, Sequence

from agents.usage import Usage
from openai.types.responses import ResponseUsage

from app.adapters.agents_sdk.models.fallback import Attempt
from app.domain.model_ref import ModelRef
from app.ports.turn_log import TokenUsage


class RequestLedger:
    """The requests of one run. `shown` are those whose answers the user sees, `nested` those of runs inside tools.

    Without `keeps` no request is kept, for a ledger that lives as long as the server.
    """

    def __init__(self, *, keeps: bool = True) -> None:
        self.shown: list[Attempt] = []
        self.nested: deque[Attempt] = deque(maxlen=None if keeps else 0)
        self.item_ids: deque[str] = deque(maxlen=None if keeps else 0)
        """Ids that models gave to the items of runs inside tools; some models give the same to every item."""
        self._usages: list[Usage] = []
        self._late: Callable[[TokenUsage], object] | None = None

    @property
    def attempts(self) -> int:
        """The number of requests to models, failed ones included."""
        return len(self.shown) + len(self.nested)

    @property
    def usage(self) -> TokenUsage:
        """The tokens of all complete responses."""
        return _sum(self._usages)

    def count(self, usage: ResponseUsage | None) -> Usage:
        """Count a complete response, and return its usage as the SDK's."""
        counted = sdk_usage(usage)
        if self._late is None:
            self._usages.append(counted)
        else:
            self._late(_sum([counted]))
        return counted

    def close(self, late: Callable[[TokenUsage], object]) -> None:
        """End the turn; a response to code that a tool left running is passed to `late`."""
        self._late = late

    def author(self, chosen: ModelRef) -> ModelRef:
        """Return the model that wrote the shown answers; `several` stands for more than one, and matches no model."""
        authors = {attempt.ref for attempt in self.shown if attempt.failure is None} or {chosen}
        [author, *others] = authors
        return ModelRef("several", ",".join(sorted(map(str, authors)))) if others else author


def sdk_usage(usage: ResponseUsage | None) -> Usage:
    """Return the usage of one request; without tokens if the provider did not count them."""
    if usage is None:
        return Usage(requests=1)
    return Usage(
        requests=1,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        total_tokens=usage.total_tokens,
        input_tokens_details=usage.input_tokens_details,
        output_tokens_details=usage.output_tokens_details,
    )


def _sum(usages: Sequence[Usage]) -> TokenUsage:
    return TokenUsage(
        requests=sum(usage.requests for usage in usages),
        input_tokens=sum(usage.input_tokens for usage in usages),
        output_tokens=sum(usage.output_tokens for usage in usages),
        cached_tokens=sum(usage.input_tokens_details.cached_tokens or 0 for usage in usages),
        reasoning_tokens=sum(usage.output_tokens_details.reasoning_tokens or 0 for usage in usages),
    )
