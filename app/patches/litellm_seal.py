"""LiteLLM sealed: the library runs quietly, counts no tokens in the event loop, and sends through one transport.

Replaces the private `AsyncHTTPHandler._create_async_transport`, and sets module variables of one exact version.
"""

import logging
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

from app.patches.register import LITELLM_SEAL

LATE_IMPORTS: Final = (
    "litellm._service_logger",
    "litellm.litellm_core_utils.llm_request_utils",
    "litellm.litellm_core_utils.logging_callback_manager",
    "litellm.litellm_core_utils.logging_worker",
    "litellm.llms.vertex_ai.context_caching.vertex_ai_context_caching",
    "litellm.llms.vertex_ai.vertex_ai_partner_models.anthropic.transformation",
    "litellm.types.litellm_core_utils.streaming_chunk_builder_utils",
    "openai.resources.chat.chat",
)
"""Modules that LiteLLM imports in the middle of its first answer, where they would block the event loop."""

_NEW_TRANSPORT: Final = "_create_async_transport"
_LOGGERS: Final = ("LiteLLM", "LiteLLM Proxy", "LiteLLM Router")


def fits() -> bool:
    """True for the exact version that this was written for. Imports nothing: LiteLLM takes seconds to import."""
    return LITELLM_SEAL.installed() == LITELLM_SEAL.version


def seal(litellm: Any, *, transport: Callable[[], Any], blocking_transport: Any) -> None:
    """Set up the imported library for this process; each of its clients gets a `transport` of its own."""
    _quieten(litellm)
    _count_no_tokens(litellm)
    handler = import_module("litellm.llms.custom_httpx.http_handler").AsyncHTTPHandler
    # Every client of LiteLLM's, also those inside the OpenAI SDK, gets its transport here.
    setattr(handler, _NEW_TRANSPORT, staticmethod(lambda **_: transport()))
    # Blocking clients have no business in an event loop.
    litellm.sync_transport = blocking_transport


def _quieten(litellm: Any) -> None:
    # Otherwise every error prints an advertisement to standard output.
    litellm.suppress_debug_info = True
    litellm.telemetry = False
    # A setting that one upstream does not know is left out instead of being an error.
    litellm.drop_params = True
    # A history with tool calls is sent to Claude also when there are no tools any more.
    litellm.modify_params = True
    # The ruler of a table is the same chunk a hundred times, and no failure.
    litellm.REPEATED_STREAMING_CHUNK_LIMIT = sys.maxsize
    # The import of the cache of Gemini's contexts registers callbacks for every answer; they have no use here.
    for name in ("input_callback", "success_callback", "_async_success_callback"):
        getattr(litellm, name).clear()
    # Its messages quote prompts and upstreams' bodies; a failure is logged once, as the `ModelError` it becomes.
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.setLevel(logging.CRITICAL)


class _Tokenizer:
    """LiteLLM's tokenizer, whose table takes 40 MB, loaded by the first use."""

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module("litellm.litellm_core_utils.default_encoding").encoding, name)


def _count_no_tokens(litellm: Any) -> None:
    # It counts tokens of texts in the event loop: half a second for 400 kB.
    litellm.disable_token_counter = True
    # Each request passes it on to code of every vendor, which would load it while an answer is waited for.
    litellm.main.encoding = _Tokenizer()
