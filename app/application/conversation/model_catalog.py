"""Model catalog: the default model, the models that a message may name, and the fallback models."""

from collections.abc import Mapping, Sequence

import msgspec

from app.domain.errors import AnyportError, InvalidInputError
from app.domain.language import _
from app.domain.model_ref import ModelRef
from app.ports.model_provider import Capabilities, ModelProvider


class OfferedModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model for a front end's picker; `id` is the value for `inference_options.model`."""

    id: str
    provider: str
    model: str
    default: bool
    capabilities: Capabilities


class UnknownModelError(AnyportError):
    """An agent names a model that no provider of this server has; the operator must name it in a setting."""

    code = "unknown_model"

    def __init__(self, name: str, listed: Sequence[str]) -> None:
        super().__init__(
            _("The model that was asked for is not set up here."),
            detail=f"An agent names the model {name!r}, which no provider has. Write provider/model, with a provider "
            f"that LLM_PROVIDER, LLM_MODELS or LLM_FALLBACKS opens, or one of: {', '.join(listed)}. Or map the name: "
            f"MODEL_ALIASES={name}=provider/model.",
        )


class ModelCatalog:
    """The models of this server. The default is always allowed."""

    def __init__(
        self,
        providers: Mapping[str, ModelProvider],
        default: ModelRef,
        *,
        allowed: Sequence[ModelRef] = (),
        fallbacks: Sequence[ModelRef] = (),
        aliases: Mapping[str, ModelRef] | None = None,
    ) -> None:
        self._aliases = aliases or {}
        self._providers = providers
        self._default = default
        self._allowed = tuple(dict.fromkeys((default, *allowed)))
        self._fallbacks = tuple(fallbacks)

    @property
    def default(self) -> ModelRef:
        """The model for a message that names none."""
        return self._default

    def choose(self, wanted: str | None) -> ModelRef:
        """The model with this id, or with this bare name when only one has it; the default for None or "".

        Raises `InvalidInputError`, which lists the offered models.
        """
        if not wanted:
            return self._default
        fitting = [ref for ref in self._allowed if wanted in (str(ref), ref.model)]
        if len(fitting) != 1:
            offered = ", ".join(map(str, self._allowed))
            raise InvalidInputError(_("This model is not offered here. Choose one of: {models}.", models=offered))
        return fitting[0]

    def named(self, name: str) -> ModelRef:
        """The model that an agent names: that of an alias, `provider/model` of an opened provider, or a listed model.

        Raises `UnknownModelError`.
        """
        if (alias := self.alias(name)) is not None:
            return alias
        provider, _, model = name.partition("/")
        if model and provider in self._providers:
            return ModelRef(provider, model)
        listed = [ref for ref in self._listed() if name in (str(ref), ref.model)]
        if not listed:
            raise UnknownModelError(name, [*map(str, self._listed())])
        return listed[0]

    def alias(self, name: str) -> ModelRef | None:
        """The model that answers in place of this name; None for a name that is not mapped."""
        return self._aliases.get(name)

    def candidates(self, chosen: ModelRef) -> Sequence[ModelRef]:
        """The chosen model, then the fallbacks in their order."""
        return tuple(dict.fromkeys((chosen, *self._fallbacks)))

    def _listed(self) -> Sequence[ModelRef]:
        """The models that a message may name, then all that the providers list."""
        own = (ModelRef(name, info.name) for name, one in self._providers.items() for info in one.models())
        return tuple(dict.fromkeys((*self._allowed, *own)))

    def provider(self, ref: ModelRef) -> ModelProvider:
        """The provider of the model."""
        return self._providers[ref.provider]

    def providers(self) -> Sequence[ModelProvider]:
        """All providers of the catalog."""
        return tuple(self._providers.values())

    def offered(self) -> Sequence[OfferedModel]:
        """The models that a message may name, the default first."""
        return [
            OfferedModel(
                id=str(ref),
                provider=ref.provider,
                model=ref.model,
                default=ref == self._default,
                capabilities=self.capabilities(ref),
            )
            for ref in self._allowed
        ]

    def capabilities(self, ref: ModelRef) -> Capabilities:
        """The capabilities that the provider declares for the model."""
        return self.provider(ref).capabilities(ref.model)
