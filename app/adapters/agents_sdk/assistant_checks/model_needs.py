"""Model needs: the models that agents name, and the tools that those models' wires have to carry."""

from collections.abc import Iterator, Sequence
from typing import Any

from app.adapters.agents_sdk.tool_types import needed_types
from app.application.conversation.model_catalog import ModelCatalog, UnknownModelError
from app.domain.model_ref import ModelRef


def model_problems(
    name: str | None, place: str, tools: Sequence[tuple[str, Any]], models: ModelCatalog
) -> Iterator[str]:
    """Yield a sentence for a model that no provider has, and for each tool that a model's wire cannot carry.

    `name` is the model that an agent names, `place` the field; `tools` are the agent's, each with its place.
    """
    try:
        refs = _models_for(name, models)
    except UnknownModelError as error:
        yield f"{place}: {error.detail}"
        return
    for where, tool in tools:
        needed = needed_types(tool)
        unable = [str(ref) for ref in refs if not needed <= models.capabilities(ref).hosted_tools]
        if unable:
            yield (
                f"{where} needs {', '.join(sorted(needed))}, which {', '.join(unable)} cannot carry. Remove the tool, "
                "or let LLM_PROVIDER, LLM_MODELS and LLM_FALLBACKS name models of the Responses API alone: those of "
                "openai with OPENAI_API=responses."
            )


def _models_for(name: str | None, models: ModelCatalog) -> Sequence[ModelRef]:
    """Every model that may answer, fallbacks included. Raises `UnknownModelError`."""
    if name:
        return models.candidates(models.named(name))
    offered = [ModelRef(one.provider, one.model) for one in models.offered()]
    return tuple(dict.fromkeys(ref for chosen in offered for ref in models.candidates(chosen)))
