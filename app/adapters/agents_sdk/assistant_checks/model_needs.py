"""Model needs: the models that agents name, and the tools that those models' wires have to carry."""

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import structlog
from agents import Agent

from app.adapters.agents_sdk.models.tool_types import needed_types
from app.application.conversation.model_catalog import ModelCatalog, UnknownModelError
from app.domain.model_ref import ModelRef
from app.domain.redaction import mask_secrets

log = structlog.get_logger(__name__)


def model_problems(
    agent: Agent[Any] | None, place: str, tools: Sequence[tuple[str, Any]], models: ModelCatalog
) -> Iterator[str]:
    """Yield a sentence for a model that no provider has, and for each part of an agent that a wire cannot carry.

    `place` goes before a field of the agent; `tools` are the agent's, each with its own place.
    """
    name = agent.model if agent is not None and isinstance(agent.model, str) else None
    try:
        refs = _models_for(name, models)
    except UnknownModelError as error:
        yield f"{place}model: {mask_secrets(error.detail, os.environ)}"
        return
    if agent is not None and agent.prompt is not None:
        unable = [str(ref) for ref in refs if not models.capabilities(ref).stored_prompts]
        yield from _sentence(f"{place}prompt is stored at a provider", unable)
    for where, tool in tools:
        needed = needed_types(tool)
        unable = [str(ref) for ref in refs if not needed <= models.capabilities(ref).hosted_tools]
        yield from _sentence(f"{where} needs {', '.join(sorted(needed))}", unable)


def tell_aliases(agents: Iterable[Agent[Any]], models: ModelCatalog) -> None:
    """Log which names of models `MODEL_ALIASES` maps, for the names that these agents use."""
    names = sorted({agent.model for agent in agents if isinstance(agent.model, str)})
    mapped = [f"{name}={ref}" for name in names if (ref := models.alias(name)) is not None]
    if mapped:
        log.info("models of agents are mapped", models=",".join(mapped))


def _sentence(need: str, unable: Sequence[str]) -> Iterator[str]:
    if unable:
        yield (
            f"{need}, which {', '.join(unable)} cannot carry. Remove it, or let LLM_PROVIDER, LLM_MODELS and "
            "LLM_FALLBACKS name models of the Responses API alone: those of openai with OPENAI_API=responses."
        )


def _models_for(name: str | None, models: ModelCatalog) -> Sequence[ModelRef]:
    """Every model that may answer, fallbacks included. Raises `UnknownModelError`."""
    if name:
        return models.candidates(models.named(name))
    offered = [ModelRef(one.provider, one.model) for one in models.offered()]
    return tuple(dict.fromkeys(ref for chosen in offered for ref in models.candidates(chosen)))
