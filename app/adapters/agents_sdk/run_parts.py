"""Run parts: what every runner of brought code is made of."""

from collections.abc import Callable

import msgspec
from openai.types.shared import Reasoning

from app.application.conversation.model_catalog import ModelCatalog
from app.domain.identity import RequestContext
from app.ports.thread_store import ThreadStore
from app.ports.turn_log import TokenUsage


class RunParts(msgspec.Struct, frozen=True, kw_only=True):
    """The models, the store and the limits of brought code; `late_usage` counts tokens of code that a turn left."""

    models: ModelCatalog
    store: ThreadStore
    max_rounds: int
    reasoning: Reasoning
    late_usage: Callable[[RequestContext, TokenUsage], object]
