"""OpenAI sealed: the Agents SDK reaches OpenAI by no default of its own, neither with a prompt nor with a trace.

Where code names no client, the SDK builds one from `OPENAI_API_KEY`, for models, sessions and compaction; its exporter
sends traces with the same key. Sets the SDK's default client, and replaces `BackendSpanExporter.export`.
"""

import inspect
from typing import Any, Final
from urllib.parse import urlsplit

from agents.models import _openai_shared
from agents.tracing.processors import BackendSpanExporter
from openai import AsyncOpenAI

OPENAI_HOST: Final = "api.openai.com"

_own_export = BackendSpanExporter.export


class SealedError(RuntimeError):
    """Code in the process asked for OpenAI through a default of the Agents SDK; its developer must name a client."""


class SealedClient(AsyncOpenAI):
    """A client without any attribute: whatever would send a request raises `SealedError`."""

    def __init__(self) -> None:
        """Open nothing."""

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("__"):
            raise SealedError(
                "The Agents SDK would ask OpenAI with its default client, which this server does not allow. Models "
                "come from LLM_PROVIDER; give a session or another part of the SDK a client of its own."
            )
        return super().__getattribute__(name)


def _export_elsewhere(exporter: BackendSpanExporter, items: list[Any]) -> None:
    """Export to an endpoint of the operator's own, and drop what would go to OpenAI."""
    if urlsplit(exporter.endpoint).hostname != OPENAI_HOST:
        _own_export(exporter, items)


def fits() -> bool:
    """True when the SDK asks for its default client, and its exporter sends with the method that is replaced."""
    return (
        list(inspect.signature(_openai_shared.get_default_openai_client).parameters) == []
        and list(inspect.signature(_own_export).parameters) == ["self", "items"]
        and hasattr(BackendSpanExporter, "_OPENAI_TRACING_INGEST_ENDPOINT")
    )


def seal(*, traces: bool) -> None:
    """Seal the default client, and with `traces` the exporter too. Idempotent."""
    _openai_shared.set_default_openai_client(SealedClient())
    if traces:
        BackendSpanExporter.export = _export_elsewhere  # type: ignore[method-assign, assignment]


def unseal() -> None:
    """Give the SDK its own defaults back. Idempotent."""
    _openai_shared.set_default_openai_client(None)  # type: ignore[arg-type]  # as the SDK begins
    BackendSpanExporter.export = _own_export  # type: ignore[method-assign]
