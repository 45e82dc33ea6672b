"""Settings of the assistant, its models and its history."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

from app.domain.context_headers import ContextHeaders, header_problems
from app.domain.model_ref import ModelAliases, ModelRefs
from app.domain.redaction import MaskedStruct
from app.environment import Problem, checks, env


class TitleSource(StrEnum):
    """Source of the titles of threads."""

    MODEL = "model"
    OFF = "off"


class Tracing(StrEnum):
    """Where traces of runs go, besides the processors of the assistant's module."""

    OFF = "off"
    OPENAI = "openai"


class ReasoningEffort(StrEnum):
    """Effort of reasoning, in rising order."""

    NONE = "none"
    MINIMAL = "minimal"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    XHIGH = "xhigh"
    MAX = "max"


class ReasoningSummary(StrEnum):
    """Length of the thoughts that are asked for and shown."""

    AUTO = "auto"
    CONCISE = "concise"
    DETAILED = "detailed"
    OFF = "off"


class HistorySummary(StrEnum):
    """Whether a model summarises what does not fit into the history."""

    ON = "on"
    OFF = "off"


class AssistantSettings(MaskedStruct, frozen=True, kw_only=True):
    """The assistant, its models and the history that they receive."""

    assistant: Annotated[
        str,
        env(
            "ASSISTANT",
            help="The assistant: `tasks`, or an `Agent`, an `Assistant`, a `ChatKitServer`, a `respond` function or an "
            "exported `run_workflow` of your own, as `package.module:name` or `path/to/file.py:name`.",
            expects="tasks or package.module:name or path/to/file.py:name",
            check=checks.matching(r"tasks|([^\W\d]\w*(\.[^\W\d]\w*)*|[^\x00-\x1f]*[^/\\\s:]\.py):[^\W\d]\w*"),
        ),
    ] = "tasks"

    context_headers: Annotated[
        ContextHeaders,
        env(
            "CONTEXT_HEADERS",
            help="Request headers that the assistant's code may read, at most 16 of at most 2,000 characters each. "
            "Headers that carry secrets, such as `Cookie` and `Authorization`, stop the start.",
            expects="names of headers separated by commas, such as X-Page,X-Tenant",
        ),
    ] = ContextHeaders()
    provider: Annotated[
        str,
        env(
            "LLM_PROVIDER",
            help="The provider of models: `demo`, `gemini`, `openai`, `litellm` or an installed plugin. "
            "Unset: the provider whose key is set, otherwise `demo`.",
            expects="the name of an installed provider",
            check=checks.word,
        ),
    ] = ""
    models: Annotated[
        ModelRefs,
        env(
            "LLM_MODELS",
            help="Additional models that a message may select, as `provider/model,provider/model`.",
            expects="provider/model,provider/model, such as gemini/gemini-2.5-flash,openai/gpt-4o-mini",
            check=checks.some,
        ),
    ] = ModelRefs()
    fallbacks: Annotated[
        ModelRefs,
        env(
            "LLM_FALLBACKS",
            help="Models that are tried in this order when a model fails before the first token of its answer.",
            expects="provider/model,provider/model, such as openai/gpt-4o-mini",
            check=checks.some,
        ),
    ] = ModelRefs()
    model_aliases: Annotated[
        ModelAliases,
        env(
            "MODEL_ALIASES",
            help="Models for names that agents use, as `name=provider/model,name=provider/model`: for names of models "
            "that were withdrawn, or that another provider is to answer for.",
            expects="name=provider/model,name=provider/model, such as gpt-4.1=openai/gpt-4o-mini",
            check=checks.some,
        ),
    ] = ModelAliases()
    history_items: Annotated[
        int,
        env(
            "HISTORY_ITEMS",
            help="Largest number of thread items that the model receives.",
            expects="a number from 1 to 1000",
            ge=1,
            le=1000,
        ),
    ] = 50
    history_tokens: Annotated[
        int,
        env(
            "HISTORY_TOKENS",
            help="Largest number of history tokens that the model receives, approximately; the newest message is "
            "always included.",
            expects="a number of tokens from 100 to 100000000",
            ge=100,
            le=100_000_000,
        ),
    ] = 100_000
    history_summary: Annotated[
        HistorySummary,
        env(
            "HISTORY_SUMMARY",
            help="`on`: a model summarises in the background what no longer fits into `HISTORY_ITEMS` and "
            "`HISTORY_TOKENS`, and later answers receive the summary. `off`: they know nothing of it.",
            expects="on or off",
        ),
    ] = HistorySummary.OFF
    summary_models: Annotated[
        ModelRefs,
        env(
            "SUMMARY_MODEL",
            help="Model that writes the summaries, as `provider/model`. Unset: the default model.",
            expects="one provider/model, such as gemini/gemini-2.5-flash-lite",
            check=checks.one,
        ),
    ] = ModelRefs()
    titles: Annotated[
        TitleSource,
        env(
            "TITLES",
            help="`model`: a model writes the title of a thread after its first answer. `off`: the title is the start "
            "of the first message.",
            expects="model or off",
        ),
    ] = TitleSource.MODEL
    title_models: Annotated[
        ModelRefs,
        env(
            "TITLE_MODEL",
            help="Model that writes the titles, as `provider/model`. Unset: the default model.",
            expects="one provider/model, such as gemini/gemini-2.5-flash-lite",
            check=checks.one,
        ),
    ] = ModelRefs()
    reasoning_effort: Annotated[
        ReasoningEffort | None,
        env(
            "REASONING_EFFORT",
            help="Reasoning effort of models that reason; a model gets the nearest effort that it accepts. An agent's "
            "own setting wins. Unset: the model's default.",
            expects="none, minimal, low, medium, high, xhigh or max",
        ),
    ] = None
    reasoning_summary: Annotated[
        ReasoningSummary,
        env(
            "REASONING_SUMMARY",
            help="Thoughts of models that reason. `auto`, `concise` and `detailed`: they are requested and shown; the "
            "length counts on the Responses API. `off`: neither. An agent's own setting wins.",
            expects="auto, concise, detailed or off",
        ),
    ] = ReasoningSummary.AUTO
    tracing: Annotated[
        Tracing,
        env(
            "TRACING",
            help="`openai`: traces of all runs, with prompts and answers, go to OpenAI with `OPENAI_API_KEY`, whatever "
            "provider answers. `off`: they go to trace processors of the assistant's module, and to nobody else.",
            expects="off or openai",
        ),
    ] = Tracing.OFF
    max_tool_rounds: Annotated[
        int,
        env(
            "MAX_TOOL_ROUNDS",
            help="Rounds of tool calls after which a turn ends.",
            expects="a number from 1 to 100",
            ge=1,
            le=100,
        ),
    ] = 10


def assistant_problems(settings: AssistantSettings) -> Iterator[Problem]:
    """Problems of the values of these settings."""
    for problem in header_problems(settings.context_headers):
        yield Problem("CONTEXT_HEADERS", problem)
