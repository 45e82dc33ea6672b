"""Reasoning parameters of one model's requests, in its upstream's form and without refused ones."""

from collections.abc import Mapping
from typing import Any, Final, cast

import structlog
from agents import ModelSettings
from openai.types.shared import Reasoning

from app.adapters.providers.shared.reasoning.families import family_of
from app.adapters.providers.shared.reasoning.refusals import RefusedParameters, refused_parameter
from app.adapters.providers.shared.reasoning.wires import Form, form_of

log = structlog.get_logger(__name__)

_EVERY_FORM: Final = frozenset(
    {"reasoning", "reasoning_effort", "thinking", "thinkingConfig", "extra_body", "chat_template_kwargs"}
    | {"enable_thinking", "reasoning_format"}
)


class ParameterRefusedError(Exception):
    """The upstream refused a parameter that the next attempt leaves out."""


class ReasoningParameters:
    """Reasoning parameters for one model of one service; `refused` is shared by the provider's models."""

    def __init__(self, provider: str, service: str, model: str, refused: RefusedParameters) -> None:
        self._provider = provider
        self._model = model
        self._refused = refused
        self.family = family_of(model)
        self._form: Form = form_of(service, model)

    def fields(self, settings: ModelSettings) -> dict[str, Any]:
        """Return the fields of a chat completion; none for a model that does not reason."""
        reasoning = self._wanted(settings)
        if reasoning is None:
            return {}
        thoughts = bool(reasoning.summary or reasoning.generate_summary)
        return self._form(self.family, self.family.nearest(reasoning.effort), thoughts)

    def responses_fields(self, settings: ModelSettings) -> dict[str, Any]:
        """Return the fields of a request to the Responses API, which has one form for all models."""
        # Without `store`, reasoning is lost unless the request carries it in encrypted form.
        fields: dict[str, Any] = {"include": ["reasoning.encrypted_content"]} if self.family.sealed else {}
        reasoning = self._wanted(settings)
        if reasoning is None:
            return fields
        wanted = reasoning.model_dump(exclude_none=True) | {"effort": self.family.nearest(reasoning.effort)}
        if not self.family.sealed:
            wanted.pop("summary", None)
        wanted = {name: value for name, value in wanted.items() if value is not None}
        return fields | ({"reasoning": wanted} if wanted else {})

    def _wanted(self, settings: ModelSettings) -> Reasoning | None:
        """The reasoning to ask for; None when the agent controls it with body fields of its own."""
        own = {**(settings.extra_args or {}), **cast(dict[str, Any], settings.extra_body or {})}
        if self.family.reasons is False or not _EVERY_FORM.isdisjoint(own):
            return None
        return settings.reasoning

    def accepted(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields without those that this model refused before."""
        return self._refused.accepted(self._model, fields)

    def learn(self, fields: Mapping[str, Any], status: int | None, body: object) -> None:
        """Remember a refused parameter. Raises `ParameterRefusedError` when another attempt can leave it out."""
        path = refused_parameter(fields, status, body)
        if path is None:
            return
        if self._refused.add(self._model, path):
            log.warning(
                "reasoning parameter refused",
                provider=self._provider,
                model=self._model,
                parameter=".".join(path) or "all",
                actor="operator",
                hint="the model gets no such parameter until a restart; see REASONING_EFFORT and REASONING_SUMMARY",
            )
        raise ParameterRefusedError
