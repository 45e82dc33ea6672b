"""Forms of reasoning parameters: one function for each form of a request body, chosen by service and model.

Each function gets the family, an effort that the family accepts or None, and True when thoughts are asked for.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

from app.adapters.providers.shared.reasoning.families import ReasoningFamily

Fields = dict[str, Any]
Form = Callable[[ReasoningFamily, str | None, bool], Fields]

GEMINI: Final = "gemini"
GEMINI_NATIVE: Final = "gemini-native"
_HOSTS: Final = (
    (r"generativelanguage\.googleapis\.com", GEMINI),
    (r"openrouter\.ai", "openrouter"),
    (r"api\.deepseek\.com", "deepseek"),
    (r"api\.moonshot\.(ai|cn)", "moonshot"),
    (r"api\.z\.ai|open\.bigmodel\.cn", "zai"),
    (r"dashscope.*\.aliyuncs\.com", "dashscope"),
    (r"api\.groq\.com", "groq"),
    (r"api\.mistral\.ai", "mistral"),
)


def service_of(base_url: str) -> str:
    """Return the name of the service at an address, or an empty string for one without a form of its own."""
    host = urlsplit(base_url).hostname or ""
    return next((service for pattern, service in _HOSTS if re.fullmatch(pattern, host)), "")


def _effort(_: ReasoningFamily, effort: str | None, __: bool) -> Fields:
    return {"reasoning_effort": effort} if effort else {}


def _nothing(_: ReasoningFamily, __: str | None, ___: bool) -> Fields:
    return {}


def _gemini(family: ReasoningFamily, effort: str | None, thoughts: bool) -> Fields:
    # Gemini refuses `reasoning_effort` beside a `thinking_config`.
    if not (thoughts and family.reasons) or effort == "none":
        return {"reasoning_effort": effort} if effort else {}
    config: Fields = {"include_thoughts": True}
    if effort:
        config |= {"thinking_budget": family.budgets[effort]} if family.budgets else {"thinking_level": effort}
    return {"extra_body": {"google": {"thinking_config": config}}}


def _gemini_native(family: ReasoningFamily, effort: str | None, thoughts: bool) -> Fields:
    config: Fields = {"includeThoughts": True} if thoughts and family.reasons and effort != "none" else {}
    if effort:
        config |= {"thinkingBudget": family.budgets[effort]} if family.budgets else {"thinkingLevel": effort}
    return {"thinkingConfig": config} if config else {}


def _anthropic(_: ReasoningFamily, effort: str | None, __: bool) -> Fields:
    # Claude reasons only when asked. LiteLLM turns the effort into a budget of tokens.
    return {"reasoning_effort": effort} if effort and effort != "none" else {}


def _openrouter(family: ReasoningFamily, effort: str | None, thoughts: bool) -> Fields:
    reasoning: Fields = {"effort": effort} if effort else {}
    if not thoughts and family.reasons:
        reasoning["exclude"] = True
    return {"reasoning": reasoning} if reasoning else {}


def _switch(effort: str) -> Fields:
    return {"thinking": {"type": "disabled" if effort == "none" else "enabled"}}


def _switched(_: ReasoningFamily, effort: str | None, __: bool) -> Fields:
    return _switch(effort) if effort else {}


def _deepseek(_: ReasoningFamily, effort: str | None, __: bool) -> Fields:
    if effort is None:
        return {}
    return _switch(effort) | ({} if effort == "none" else {"reasoning_effort": effort})


def _template(_: ReasoningFamily, effort: str | None, __: bool) -> Fields:
    # vLLM and SGLang pass the first to the model's template; Ollama knows the second only.
    if effort is None:
        return {}
    return {"chat_template_kwargs": {"enable_thinking": effort != "none"}, "reasoning_effort": effort}


def _dashscope(_: ReasoningFamily, effort: str | None, __: bool) -> Fields:
    return {"enable_thinking": effort != "none"} if effort else {}


def _groq_qwen(_: ReasoningFamily, effort: str | None, thoughts: bool) -> Fields:
    switch = {"reasoning_effort": "none" if effort == "none" else "default"} if effort else {}
    return {**switch, "reasoning_format": "parsed" if thoughts else "hidden"}


# By service and model; the first row that matches decides.
_FORMS: Final[Sequence[tuple[str, str, Form]]] = (
    (GEMINI, "", _gemini),
    (GEMINI_NATIVE, "", _gemini_native),
    ("anthropic", "", _anthropic),
    ("openrouter", "", _openrouter),
    ("deepseek", "", _deepseek),
    ("moonshot|zai", "", _switched),
    ("dashscope", "", _dashscope),
    ("groq", "qwen", _groq_qwen),
    ("mistral", "magistral", _nothing),
    (".*", "qwen", _template),
    (".*", "kimi|glm", _switched),
    (".*", "", _effort),
)


@lru_cache(maxsize=256)
def form_of(service: str, model: str) -> Form:
    """Return the form of a model's reasoning parameters at a service."""
    bare = model.rsplit("/", 1)[-1].lower()
    return next(form for where, name, form in _FORMS if re.fullmatch(where, service) and re.match(name, bare))
