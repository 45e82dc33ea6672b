"""Where answers come from: a service, or several, that speak for language models."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Literal

import msgspec
from agents import Model

from app.domain.errors import Actor, AnyportError
from app.domain.media_types import IMAGES, PDF, is_text


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a model can take and do. Code asks for these, never for a provider's name or type.

    `instructable` models do what they are instructed to; others follow a script of their own.
    """

    tools: bool = True
    parallel_tools: bool = True
    images: bool = False
    files: bool = False
    reasoning: bool = False

    def reads(self, media_type: str) -> bool:
        """Whether it can be shown a file of this type; a text can be told to every model."""
        if media_type in IMAGES:
            return self.images
        return is_text(media_type) or (media_type == PDF and self.files)

    instructable: bool = True


class ModelInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One model that a provider offers, by the name the provider knows it under."""

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

    `actor` is the operator for keys and names, the user for their own text, else the upstream; `retry` says
    whether the very same request may succeed later.

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
    """A source of models, built once at start and closed at stop.

    The contract is `tests/contracts/model_provider.py`. A provider holds its own HTTP client, never touches
    the process-wide defaults of an SDK, and contacts no address but its own `base_url`.
    """

    name: ClassVar[str]

    @property
    @abstractmethod
    def default_model(self) -> str:
        """The model that answers when none is asked for."""

    @property
    @abstractmethod
    def base_url(self) -> str | None:
        """The address requests go to, for the start-up log; None when nothing leaves the process."""

    @abstractmethod
    def models(self) -> Sequence[ModelInfo]:
        """The models this provider offers, the default one first. Does no I/O."""

    @abstractmethod
    def model(self, name: str) -> Model:
        """The Agents SDK's `Model` for `name`. Cheap, does no I/O; an unknown name fails at its first request.

        The `Model` streams through `stream_response`, closes its upstream when it is cancelled, and raises
        `ModelError` for every failure. It takes history written by any other provider and leaves out what its
        own upstream would reject.
        """

    @abstractmethod
    async def check(self) -> None:
        """One small real request. Raises `ModelError`."""

    @abstractmethod
    async def aclose(self) -> None:
        """Release connections. Safe to call twice."""


class ProviderPlugin(msgspec.Struct, frozen=True, kw_only=True):
    """What a package puts behind the entry-point group `anyport.providers`; ours use the same door.

    `settings` is a frozen struct whose fields carry `app.environment.env` metadata. `missing` returns what the
    operator must do before the provider can be chosen, or an empty string. `detect` says whether the settings
    show that somebody wants this provider, for a start without `LLM_PROVIDER`; the lowest `rank` wins.
    `build` constructs the provider without I/O.
    """

    name: str
    settings: type[Any]
    build: Callable[[Any], ModelProvider]
    missing: Callable[[Any], str]
    detect: Callable[[Any], bool]
    rank: int = 100
