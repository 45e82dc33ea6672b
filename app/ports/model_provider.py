"""Model provider: a service, or several, that offer language models."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final, Literal

import msgspec
from agents import Model

from app.domain.errors import Actor, AnyportError
from app.domain.media_types import IMAGES, PDF, is_text

RESPONSES_TOOLS: Final = frozenset(
    {
        "apply_patch",
        "code_interpreter",
        "computer",
        "custom",
        "file_search",
        "hosted_mcp",
        "image_generation",
        "local_shell",
        "namespace",
        "output_schema",
        "programmatic_tool_calling",
        "shell",
        "tool_search",
        "web_search",
    }
)
"""Types of tools of the Agents SDK, and of forms of functions, that only the wire of the Responses API carries."""


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """Capabilities of a model. Code checks these, never a provider's name or type.

    `instructable` models follow their instructions; others follow a script. `hosted_tools` are the types of tools,
    beside plain functions, that the wire to the model carries; the names are those of `RESPONSES_TOOLS`.
    `stored_prompts` is true when the wire names a prompt that the provider stores, by its id.
    """

    tools: bool = True
    parallel_tools: bool = True
    images: bool = False
    files: bool = False
    reasoning: bool = False

    def reads(self, media_type: str) -> bool:
        """Return True when the model accepts a file of this type; every model accepts texts."""
        if media_type in IMAGES:
            return self.images
        return is_text(media_type) or (media_type == PDF and self.files)

    instructable: bool = True
    hosted_tools: frozenset[str] = frozenset()
    stored_prompts: bool = False


class ModelInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One model of a provider, by the provider's own name for it."""

    name: str
    capabilities: Capabilities


FailureKind = Literal[
    "bad_key",
    "no_quota",
    "rate_limited",
    "overloaded",
    "model_not_found",
    "context_too_long",
    "content_filtered",
    "truncated",
    "empty",
    "interrupted",
    "timeout",
    "network",
    "rejected",
    "protocol",
]

_ACTORS: dict[str, Actor] = {
    "bad_key": "operator",
    "no_quota": "operator",
    "model_not_found": "operator",
    "rejected": "operator",
    "context_too_long": "user",
    "content_filtered": "user",
}

_RETRYABLE: frozenset[str] = frozenset(
    {"rate_limited", "overloaded", "empty", "interrupted", "timeout", "network", "truncated", "protocol"}
)


class ModelError(AnyportError):
    """A model did not answer as asked. Every `Model` of a provider raises this and nothing else.

    `actor` is the operator for keys and names, the user for their own text, else the upstream; `retry` is true when
    the same request may succeed later.

    `message` is for the user, `detail` for the operator's log: neither holds a key, a prompt, or the body
    of an upstream's error. `retry_after` is in seconds, when the upstream gave one.
    """

    code = "model"

    def __init__(
        self,
        message: str,
        *,
        kind: FailureKind,
        detail: str = "",
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, detail=detail)
        self.kind = kind
        self.status = status
        self.retry_after = retry_after
        self.actor = _ACTORS.get(kind, "upstream")
        self.retry = kind in _RETRYABLE


class ModelProvider(ABC):
    """Provider of models, built once at start and closed at stop.

    The contract is `tests/contracts/model_provider.py`. A provider holds its own HTTP client, never touches
    the process-wide defaults of an SDK, and contacts no address but its own `base_url`.
    """

    name: ClassVar[str]

    @property
    @abstractmethod
    def default_model(self) -> str:
        """The model that answers when the request names none."""

    @property
    @abstractmethod
    def base_url(self) -> str | None:
        """The address requests go to, for the start-up log; None when nothing leaves the process."""

    @abstractmethod
    def models(self) -> Sequence[ModelInfo]:
        """Return the models of this provider, the default one first. Does no I/O."""

    def capabilities(self, name: str) -> Capabilities:
        """Return the capabilities of the model `name`, also of one that `models` does not list. Does no I/O."""
        return next((info.capabilities for info in self.models() if info.name == name), Capabilities())

    @abstractmethod
    def model(self, name: str) -> Model:
        """Return the Agents SDK's `Model` for `name`. Does no I/O; an unknown name fails at its first request.

        The `Model` streams through `stream_response`, closes its upstream when it is cancelled, and raises
        `ModelError` for every failure. It accepts history of any other provider and leaves out the
        parts that its own upstream rejects.
        """

    @abstractmethod
    async def check(self) -> None:
        """Send one small real request. Raises `ModelError`."""

    @abstractmethod
    async def aclose(self) -> None:
        """Release connections. Idempotent."""


class ProviderPlugin(msgspec.Struct, frozen=True, kw_only=True):
    """Plugin that a package registers in the entry-point group `anyport.providers`; our own providers do the same.

    `settings` is a frozen struct whose fields have `app.environment.env` metadata. `missing` returns the step that the
    operator must take before the provider can be chosen, or an empty string. `detect` returns true when the settings
    select this provider, for a start without `LLM_PROVIDER`; the lowest `rank` wins. `build` constructs the provider
    without I/O. `showcase`: the built-in assistant shows an approval and a handoff, for people without a key.
    """

    name: str
    settings: type[Any]
    build: Callable[[Any], ModelProvider]
    missing: Callable[[Any], str]
    detect: Callable[[Any], bool]
    rank: int = 100
    showcase: bool = False
