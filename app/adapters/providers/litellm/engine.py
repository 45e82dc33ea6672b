"""LiteLLM as a library: imported once, kept quiet, and with a single way out to the network."""

import functools
import logging
import os
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module, metadata
from typing import Any

from app.adapters.providers.litellm.transport import Complete
from app.adapters.providers.litellm.wire import Gate, Wall
from app.domain.errors import AnyportError
from app.ports.model_provider import Capabilities
from app.startup.libraries import models_built_when_used

VERSION = "1.83.0"

_AT_IMPORT = {
    # Otherwise the import fetches a price list from GitHub, waiting up to five seconds for it.
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    # Otherwise the import reads a .env file into this process's environment.
    "LITELLM_MODE": "PRODUCTION",
    "LITELLM_LOG": "CRITICAL",
    # Otherwise images are fetched from whatever address a user names.
    "MAX_IMAGE_URL_DOWNLOAD_SIZE_MB": "0",
}
# By LiteLLM, in the middle of its first answer, where everybody else would wait for them.
_IMPORTED_WITHIN_AN_ANSWER = (
    "litellm._service_logger",
    "litellm.litellm_core_utils.llm_request_utils",
    "litellm.litellm_core_utils.logging_callback_manager",
    "litellm.litellm_core_utils.logging_worker",
    "litellm.llms.vertex_ai.context_caching.vertex_ai_context_caching",
    "litellm.llms.vertex_ai.vertex_ai_partner_models.anthropic.transformation",
    "litellm.types.litellm_core_utils.streaming_chunk_builder_utils",
    "openai.resources.chat.chat",
)
_NEW_TRANSPORT = "_create_async_transport"
_LOGGERS = ("LiteLLM", "LiteLLM Proxy", "LiteLLM Router")


class EngineError(AnyportError):
    """LiteLLM is not installed, or is not the version that this code was written for."""

    code = "litellm"


@functools.cache
def load() -> Complete:
    """Import LiteLLM, which takes seconds, set it up for this process, and return its `acompletion`.

    Raises `EngineError`.
    """
    _require_version()
    with _environment(_AT_IMPORT), warnings.catch_warnings():
        # Its deprecations are for its maintainers.
        warnings.simplefilter("ignore")
        with models_built_when_used():
            litellm = _imported()
        _quieten(litellm)
        _count_no_tokens(litellm)
        _leave_one_way_out(litellm)
        _build_what_an_answer_uses()
        complete: Complete = litellm.acompletion
    return complete


def _imported() -> Any:
    try:
        import litellm

        for name in _IMPORTED_WITHIN_AN_ANSWER:
            import_module(name)
    except ValueError as error:
        # It reads some eighty numbers from the environment; their names are in no error of its own.
        culprits = [name for name, value in os.environ.items() if value and repr(value) in str(error)]
        named = " or ".join(sorted(culprits)) or "what its documentation lists"
        raise EngineError(
            f"LiteLLM cannot be loaded: a variable that it reads is no number. Change or remove {named}.",
            detail=type(error).__name__,
        ) from error
    return litellm


def capabilities(name: str) -> Capabilities:
    """What LiteLLM's own list says of a model; for one that is not in it, what most can do. `load` must have run."""
    import litellm

    try:
        info = litellm.get_model_info(name)
    except Exception:  # it has no class of its own for a model that it does not know
        return Capabilities()
    return Capabilities(
        # The list says nothing of these for many models that have them.
        tools=info.get("supports_function_calling") is not False,
        parallel_tools=info.get("supports_parallel_function_calling") is not False,
        images=bool(info.get("supports_vision")),
        files=bool(info.get("supports_pdf_input")),
        reasoning=bool(info.get("supports_reasoning")),
    )


async def stop() -> None:
    """End the task that LiteLLM starts for its own log, if there is one."""
    from litellm.litellm_core_utils.logging_worker import GLOBAL_LOGGING_WORKER

    await GLOBAL_LOGGING_WORKER.stop()


def _require_version() -> None:
    """All that is done here fits one version; others were malicious (1.82.7, 1.82.8) or open other connections."""
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
    """Set variables for the time of an import. Nothing of it, nor what the import sets, is left to the process."""
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)


def _quieten(litellm: Any) -> None:
    # Otherwise every error prints an advertisement to standard output.
    litellm.suppress_debug_info = True
    litellm.telemetry = False
    # A setting that one upstream does not know is left out instead of being an error.
    litellm.drop_params = True
    # A history with tool calls is told to Claude also when there are no tools any more.
    litellm.modify_params = True
    # A table's ruler is the same chunk a hundred times and no failure.
    litellm.REPEATED_STREAMING_CHUNK_LIMIT = sys.maxsize
    # Importing the cache of Gemini's contexts tells it of every answer, and it has no use for any.
    for name in ("input_callback", "success_callback", "_async_success_callback"):
        getattr(litellm, name).clear()
    # Its messages quote prompts and upstreams' bodies; a failure is logged once, as the `ModelError` it becomes.
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.setLevel(logging.CRITICAL)


class _Tokenizer:
    """LiteLLM's tokenizer, whose table takes 40 MB, for whoever really counts tokens with it."""

    def __getattr__(self, name: str) -> Any:
        from litellm.litellm_core_utils.default_encoding import encoding

        return getattr(encoding, name)


def _count_no_tokens(litellm: Any) -> None:
    # Counts tokens of texts in the event loop: half a second for 400 kB.
    litellm.disable_token_counter = True
    # With each request it is handed on to code of every vendor, and would be loaded while an answer is waited for.
    litellm.main.encoding = _Tokenizer()


def _build_what_an_answer_uses() -> None:
    """Of its models, for which the first answer would stop everybody else, a tenth of a second in all."""
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


def _leave_one_way_out(litellm: Any) -> None:
    from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler

    # Every client of LiteLLM's, also those inside the OpenAI SDK, gets its transport here.
    setattr(AsyncHTTPHandler, _NEW_TRANSPORT, staticmethod(lambda **_: Gate()))
    # Blocking clients have no business in an event loop.
    litellm.sync_transport = Wall()
