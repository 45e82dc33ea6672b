"""Model families: whether a model reasons, and which efforts it accepts, by the pattern of its name."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

import msgspec

EFFORTS: Final = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
"""All efforts of `REASONING_EFFORT`, in rising order."""

_GEMINI_BUDGETS: Final = {"none": 0, "minimal": 1024, "low": 1024, "medium": 8192, "high": 24576}


class ReasoningFamily(msgspec.Struct, frozen=True, kw_only=True):
    """Reasoning of a model family.

    `reasons` is None for an unknown model: it gets an effort only when one is set. `efforts` are the accepted ones;
    empty for a model whose effort cannot be set. `budgets` are tokens by effort, for models that take no level.
    `sealed`: its reasoning is summarised and encrypted on the Responses API. `replayed`: it gets its own reasoning
    back with its tool calls. `insistent`: it refuses any tool call without reasoning, also one of another model.
    """

    reasons: bool | None = True
    efforts: Sequence[str] = ()
    budgets: Mapping[str, int] = {}
    sealed: bool = False
    replayed: bool = False
    insistent: bool = False

    def nearest(self, effort: str | None) -> str | None:
        """Return the effort, or the next higher accepted one, or the highest; None when none can be set."""
        if effort is None or not self.efforts:
            return None
        rank = EFFORTS.index
        higher = [known for known in self.efforts if rank(known) >= rank(effort)]
        return min(higher, key=rank) if higher else max(self.efforts, key=rank)


UNKNOWN: Final = ReasoningFamily(reasons=None, efforts=EFFORTS)
_PLAIN: Final = ReasoningFamily(reasons=False)


def _openai(*efforts: str) -> ReasoningFamily:
    return ReasoningFamily(efforts=efforts, sealed=True)


# The first pattern that matches decides. A newer model of a known vendor is taken for one that reasons.
_FAMILIES: Final[Sequence[tuple[str, ReasoningFamily]]] = (
    # https://platform.openai.com/docs/guides/reasoning
    (r"gpt-oss", ReasoningFamily(efforts=("low", "medium", "high"))),
    (r"gpt-[34]|chatgpt-|gpt-5-chat|o1-(mini|preview)", _PLAIN),
    (r"gpt-5-pro", _openai("high")),
    (r"gpt-5-codex|o\d", _openai("low", "medium", "high")),
    (r"gpt-5(-|$)", _openai("minimal", "low", "medium", "high")),
    (r"gpt-5\.1-codex-max", _openai("low", "medium", "high", "xhigh")),
    (r"gpt-5\.1", _openai("none", "low", "medium", "high")),
    (r"gpt-5\.[2-5]", _openai("none", "low", "medium", "high", "xhigh")),
    (r"gpt-\d", _openai("none", "low", "medium", "high", "xhigh", "max")),
    # https://ai.google.dev/gemini-api/docs/openai#thinking
    (r"gemini-(1|2\.0)|gemma", _PLAIN),
    (
        r"gemini-2\.5-pro",
        ReasoningFamily(efforts=("minimal", "low", "medium", "high"), budgets={**_GEMINI_BUDGETS, "high": 32768}),
    ),
    (
        r"gemini-2",
        ReasoningFamily(efforts=("none", "minimal", "low", "medium", "high"), budgets=_GEMINI_BUDGETS),
    ),
    (r"gemini-3-pro", ReasoningFamily(efforts=("low", "high"))),
    (r"gemini-.*pro", ReasoningFamily(efforts=("low", "medium", "high"))),
    (r"gemini-", ReasoningFamily(efforts=("minimal", "low", "medium", "high"))),
    # https://docs.claude.com/en/docs/build-with-claude/extended-thinking
    (r"claude-([12]|instant|3-(5|opus|sonnet|haiku))", _PLAIN),
    (r"claude-", ReasoningFamily(efforts=("none", "low", "medium", "high"))),
    # https://api-docs.deepseek.com/guides/thinking_mode
    (r"deepseek-(r|coder|v2|v3(:|-0324|$))", ReasoningFamily(replayed=True)),
    (r"deepseek-", ReasoningFamily(efforts=("none", "low", "high", "max"), replayed=True)),
    # https://docs.x.ai/docs/guides/reasoning
    (r"grok-3-mini", ReasoningFamily(efforts=("low", "high"))),
    (r"grok-[123](?!\d)|.*non-reasoning", _PLAIN),
    (r"grok-4\.3|grok-4\.20-multi-agent", ReasoningFamily(efforts=("low", "medium", "high"))),
    (r"grok-", ReasoningFamily()),
    # Open models: the template of the model turns reasoning on and off.
    (r"qwen3-(coder|.*instruct)|qwen(1|2)", _PLAIN),
    (r"qwen\d|qwen-(plus|turbo|max|flash)", ReasoningFamily(efforts=("none", "low", "medium", "high"))),
    (r"kimi-k2-(?!thinking)|moonshot-", _PLAIN),
    (r"kimi-k2-thinking", ReasoningFamily(replayed=True, insistent=True)),
    (r"kimi-", ReasoningFamily(efforts=("none", "high"), replayed=True, insistent=True)),
    (r"glm-(4\.[5-9]|[5-9])", ReasoningFamily(efforts=("none", "high"), replayed=True)),
    (r"magistral|qwq|minimax-m|.*-thinking", ReasoningFamily()),
    (r"llama|mistral|mixtral|ministral|codestral|phi\d|command|nova", _PLAIN),
)


@lru_cache(maxsize=256)
def family_of(name: str) -> ReasoningFamily:
    """Return the family of a model; a vendor prefix, a fine-tuning prefix and the case of letters are ignored."""
    bare = name.rsplit("/", 1)[-1].lower().removeprefix("ft:")
    return next((family for pattern, family in _FAMILIES if re.match(pattern, bare)), UNKNOWN)


def reasons(name: str) -> bool:
    """True for a model that is known to reason."""
    return family_of(name).reasons is True
