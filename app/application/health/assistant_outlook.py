"""Assistant outlook: the parts of an assistant compared with the abilities of the models that may answer."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from app.application.conversation.model_catalog import ModelCatalog, UnknownModelError
from app.application.health.assistant_report import AgentFacts, AssistantFacts, ModelFacts
from app.domain.model_ref import ModelRef
from app.ports.model_provider import RESPONSES_TOOLS, Capabilities

_SCRIPTED: Final = (
    "{model} follows a script: it reads no instructions, and uses no tools but those for tasks. Set the key of a "
    "provider, such as GEMINI_API_KEY or OPENAI_API_KEY, or LLM_PROVIDER."
)


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """The facts compared with the models of this server; `settings` are the variables that the assistant needs."""

    facts: AssistantFacts
    models: Sequence[ModelFacts]
    works: Sequence[str]
    warnings: Sequence[str]
    settings: Sequence[str]


def outlook(facts: AssistantFacts, models: ModelCatalog) -> Outlook:
    """Compare each agent's needs with the models that may answer for it. Asks no model."""
    serving = {id(agent): _serving(agent, models) for agent in facts.agents}
    met, unmet = _needs(facts, serving, models)
    answering = dict.fromkeys(ref for refs in serving.values() for ref in refs) or dict.fromkeys(_of(None, models))
    return Outlook(
        facts=msgspec.structs.replace(facts, agents=[_resolved(agent, models) for agent in facts.agents]),
        models=[_model(ref, models) for ref in answering],
        works=[*facts.keeps, *(f"{need}: {', '.join(names)}" for need, names in met.items())],
        warnings=[*facts.warnings, *_warnings(facts, unmet, [*answering], models)],
        settings=_settings(facts),
    )


def _needs(
    facts: AssistantFacts, serving: Mapping[int, Sequence[ModelRef]], models: ModelCatalog
) -> tuple[Mapping[str, Sequence[str]], Mapping[str, Sequence[str]]]:
    """The models that meet each need, and those that do not, each by the need in words."""
    met: dict[str, dict[str, None]] = {}
    unmet: dict[str, dict[str, None]] = {}
    for agent in facts.agents:
        for need in sorted({need for part in agent.parts for need in part.needs}):
            for ref in serving[id(agent)]:
                side = met if _meets(models.capabilities(ref), need) else unmet
                side.setdefault(_words(need), {})[str(ref)] = None
    return {need: [*names] for need, names in met.items()}, {need: [*names] for need, names in unmet.items()}


def _warnings(
    facts: AssistantFacts, unmet: Mapping[str, Sequence[str]], answering: Sequence[ModelRef], models: ModelCatalog
) -> Iterator[str]:
    for need, names in unmet.items():
        if need == _words("tools"):
            yield f"{', '.join(names)}: no function tools and no handoffs, which are left out of its requests."
        elif not facts.is_graph:
            yield (
                f"{', '.join(names)}: cannot carry {need}. An agent that uses it fails at its first request, unless "
                "LLM_PROVIDER, LLM_MODELS and LLM_FALLBACKS name models of the Responses API alone."
            )
    for agent in () if facts.is_graph else facts.agents:
        try:
            _of(agent.model, models)
        except UnknownModelError as error:
            yield f"agent “{agent.name}”: {error.detail} Its runs fail."
    for ref in answering if facts.agents else ():
        if not models.capabilities(ref).instructable:
            yield _SCRIPTED.format(model=ref)


def _settings(facts: AssistantFacts) -> Sequence[str]:
    needs = {need for agent in facts.agents for part in agent.parts for need in part.needs}
    hosted = sorted(needs & (RESPONSES_TOOLS | {"stored_prompts"}))
    found = []
    if hosted:
        found.append(f"OPENAI_API_KEY, OPENAI_API=responses: for {', '.join(map(_words, hosted))}")
    named = sorted({agent.model for agent in facts.agents if agent.model})
    if named:
        found.append(f"LLM_PROVIDER, LLM_MODELS or LLM_FALLBACKS: a provider that has {', '.join(named)}")
    return found


def _resolved(agent: AgentFacts, models: ModelCatalog) -> AgentFacts:
    """The agent with the full name of its model, where a provider has it."""
    try:
        found = str(models.named(agent.model)) if agent.model else None
    except UnknownModelError:
        return agent
    return msgspec.structs.replace(agent, model=agent.model if found == agent.model or not found else found)


def _serving(agent: AgentFacts, models: ModelCatalog) -> Sequence[ModelRef]:
    try:
        return _of(agent.model, models)
    except UnknownModelError:  # the check of the form names it
        return ()


def _of(name: str | None, models: ModelCatalog) -> Sequence[ModelRef]:
    """Every model that may answer, fallbacks included. Raises `UnknownModelError`."""
    if name:
        return models.candidates(models.named(name))
    offered = [ModelRef(one.provider, one.model) for one in models.offered()]
    chosen = tuple(dict.fromkeys(ref for one in offered for ref in models.candidates(one)))
    return tuple(sorted(chosen, key=[*offered, *chosen].index))


def _model(ref: ModelRef, models: ModelCatalog) -> ModelFacts:
    offered = {one.id: one for one in models.offered()}
    if ref == models.default:
        role = "answers unless another is chosen"
    elif str(ref) in offered:
        role = "a message may choose it"
    else:
        role = "steps in, or is named by an agent"
    return ModelFacts(id=str(ref), role=role, abilities=_abilities(models.capabilities(ref)))


def _abilities(able: Capabilities) -> Sequence[str]:
    found = [
        ("function tools", able.tools),
        ("pictures", able.images),
        ("PDF files", able.files),
        ("reasoning", able.reasoning),
        ("stored prompts", able.stored_prompts),
    ]
    hosted = "all hosted tools" if able.hosted_tools >= RESPONSES_TOOLS else ", ".join(sorted(able.hosted_tools))
    return [*(name for name, has in found if has), *([hosted] if hosted else ["no hosted tools"])]


def _meets(able: Capabilities, need: str) -> bool:
    if need == "tools":
        return able.tools
    return able.stored_prompts if need == "stored_prompts" else need in able.hosted_tools


def _words(need: str) -> str:
    return {"tools": "function tools and handoffs", "stored_prompts": "stored prompts"}.get(need, need)
