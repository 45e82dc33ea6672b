"""LiteLLM as a library: imported once, without its logging, with one transport to the network."""

import functools
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module, metadata
from typing import Any

from app.adapters.providers.litellm.transport import Complete
from app.adapters.providers.litellm.wire import BlockedTransport, ExchangeTransport
from app.domain.errors import AnyportError
from app.patches import litellm_seal
from app.patches.register import LITELLM_SEAL
from app.ports.model_provider import Capabilities

VERSION = LITELLM_SEAL.version

_AT_IMPORT = {
    # Otherwise the import fetches a price list from GitHub, waiting up to five seconds for it.
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    # Otherwise the import reads a .env file into this process's environment.
    "LITELLM_MODE": "PRODUCTION",
    "LITELLM_LOG": "CRITICAL",
    # Otherwise LiteLLM fetches images from any address in a message.
    "MAX_IMAGE_URL_DOWNLOAD_SIZE_MB": "0",
}


class EngineError(AnyportError):
    """LiteLLM is missing, or its version is not the supported one."""

    code = "litellm"


@functools.cache
def load() -> Complete:
    """Import LiteLLM, which takes seconds, set it up for this process, and return its `acompletion`.

    Raises `EngineError`.
    """
    _require_version()
    with _environment(_AT_IMPORT), warnings.catch_warnings():
        # Deprecation warnings concern only its maintainers.
        warnings.simplefilter("ignore")
        litellm = _imported()
        litellm_seal.seal(litellm, transport=ExchangeTransport, blocking_transport=BlockedTransport())
        _build_models()
        complete: Complete = litellm.acompletion
    return complete


def _imported() -> Any:
    try:
        import litellm

        for name in litellm_seal.LATE_IMPORTS:
            import_module(name)
    except ValueError as error:
        # LiteLLM parses some eighty numbers from the environment, and its errors do not name the variable.
        culprits = [name for name, value in os.environ.items() if value and repr(value) in str(error)]
        named = " or ".join(sorted(culprits)) or "what its documentation lists"
        raise EngineError(
            f"LiteLLM cannot be loaded: a variable that it reads is no number. Change or remove {named}.",
            detail=type(error).__name__,
        ) from error
    return litellm


def capabilities(name: str) -> Capabilities:
    """Capabilities of a model in LiteLLM's list; defaults for an unlisted one. Requires `load`."""
    import litellm

    try:
        info = litellm.get_model_info(name)
    except Exception:  # LiteLLM raises a bare `Exception` for an unknown model.
        return Capabilities()
    return Capabilities(
        # For many models the list omits these, although the models support them.
        tools=info.get("supports_function_calling") is not False,
        parallel_tools=info.get("supports_parallel_function_calling") is not False,
        images=bool(info.get("supports_vision")),
        files=bool(info.get("supports_pdf_input")),
        reasoning=bool(info.get("supports_reasoning")),
    )


async def stop() -> None:
    """Stop the background task of LiteLLM's logging, if it runs. Idempotent."""
    from litellm.litellm_core_utils.logging_worker import GLOBAL_LOGGING_WORKER

    await GLOBAL_LOGGING_WORKER.stop()


def _require_version() -> None:
    """Require the pinned version: others were malicious (1.82.7, 1.82.8) or open other connections."""
    try:
        found = metadata.version("litellm")
    except metadata.PackageNotFoundError:
        found = "none"
    if found != VERSION:
        raise EngineError(
            f"The litellm provider needs LiteLLM {VERSION}. Install it with: pip install 'anyport[litellm]'",
            detail=f"found: {found}",
        )


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables during an import; afterwards the environment is restored."""
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)


def _build_models() -> None:
    """Build the pydantic models of a response now: in the first response they would block the loop for 0.1 s."""
    from litellm.types import router, services, utils

    for model in (
        router.GenericLiteLLMParams,
        router.LiteLLM_Params,
        services.ServiceLoggerPayload,
        utils.CompletionTokensDetailsWrapper,
        utils.PromptTokensDetailsWrapper,
        utils.Usage,
        utils.Function,
        utils.ChatCompletionDeltaToolCall,
        utils.ChatCompletionMessageToolCall,
        utils.Delta,
        utils.StreamingChoices,
        utils.ModelResponse,
        utils.ModelResponseStream,
    ):
        model.model_rebuild()
