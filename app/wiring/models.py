"""Wiring of providers and models."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from functools import cache

import structlog
from dishka import Provider, Scope, provide

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.providers.registry import Discovery, discover
from app.application.conversation.model_catalog import ModelCatalog
from app.domain.model_ref import ModelRef
from app.ports.model_provider import ModelProvider, ProviderPlugin
from app.settings import Settings

log = structlog.get_logger(__name__)


@cache
def installed_plugins() -> Discovery:
    """Discover the installed providers, once per process."""
    # The search through all installed packages is slow, and its result does not change while the process runs.
    return discover()


class ModelWiring(Provider):
    """The provider of `LLM_PROVIDER`, and the providers of `LLM_MODELS` and `LLM_FALLBACKS`."""

    scope = Scope.APP

    @provide
    async def catalog(self, settings: Settings, assistant: Assistant) -> AsyncIterator[ModelCatalog]:
        wanted = settings.assistant
        plugins = installed_plugins().plugins
        own = _usable(assistant.model, settings, plugins)
        background = (*wanted.title_models, *wanted.summary_models)
        aliases = wanted.model_aliases.models
        further = (*wanted.models, *wanted.fallbacks, *background, *aliases.values(), *([own] if own else []))
        names = dict.fromkeys([wanted.provider, *(ref.provider for ref in further)])
        async with AsyncExitStack() as opened:
            providers: dict[str, ModelProvider] = {}
            for name in names:
                providers[name] = plugins[name].build(settings.providers[name])
                opened.push_async_callback(providers[name].aclose)
            first = providers[own.provider if own else wanted.provider]
            default = own or ModelRef(first.name, first.default_model)
            log.info(
                "Model factory initialized",
                provider=default.provider,
                model=default.model,
                base_url=first.base_url or "none",
            )
            allowed, fallbacks = tuple(wanted.models), tuple(wanted.fallbacks)
            yield ModelCatalog(providers, default, allowed=allowed, fallbacks=fallbacks, aliases=aliases)


def _usable(model: ModelRef | None, settings: Settings, plugins: Mapping[str, ProviderPlugin]) -> ModelRef | None:
    """The model of the assistant; None when its provider is not configured. The check reports a missing provider."""
    if not isinstance(model, ModelRef) or model.provider not in [*plugins]:
        return None
    missing = plugins[model.provider].missing(settings.providers[model.provider])
    if missing:
        log.warning("the assistant's own model cannot be used", model=str(model), reason=missing)
    return None if missing else model
