"""Run parts: what every runner of brought code is made of."""

from collections.abc import Callable

import msgspec
from openai.types.shared import Reasoning

from app.adapters.agents_sdk.input.file_inputs import FileInputs
from app.application.attachments.generated import GeneratedImages
from app.application.conversation.mentions import Mentions
from app.application.conversation.model_catalog import ModelCatalog
from app.domain.identity import RequestContext
from app.ports.thread_store import ThreadStore
from app.ports.turn_log import TokenUsage


class RunParts(msgspec.Struct, frozen=True, kw_only=True):
    """What runners of brought code use of this server; `late_usage` counts tokens of code that a turn left."""

    models: ModelCatalog
    store: ThreadStore
    max_rounds: int
    reasoning: Reasoning
    late_usage: Callable[[RequestContext, TokenUsage], object]
    mentions: Mentions | None = None
    file_inputs: FileInputs | None = None
    images: GeneratedImages | None = None
