"""Reasoning parameters as each upstream reads them, and refuses them, by its documentation and public reports."""

import re
from collections.abc import Mapping
from typing import Any

from tests.fakes.dialects import Asked, WrongParameterError

Body = Mapping[str, Any]

_BUDGETS = {0: "none", 1024: "low", 8192: "medium", 24576: "high", 32768: "high"}
_EFFORTS = {
    r"gpt-5-pro": {"high"},
    r"o\d": {"low", "medium", "high"},
    r"gpt-5\.1": {"none", "low", "medium", "high"},
    r"gpt-5\.2": {"none", "low", "medium", "high", "xhigh"},
    r"gpt-5": {"minimal", "low", "medium", "high"},
    r"gpt-oss": {"low", "medium", "high"},
}


def openai_chat(body: Body) -> Asked:
    """https://platform.openai.com/docs/guides/reasoning, as chat completions."""
    _refuse_all_but(body, "reasoning_effort")
    if "reasoning_effort" not in body:
        return Asked()
    effort = body["reasoning_effort"]
    allowed = openai_efforts(body["model"])
    if allowed is None:
        raise WrongParameterError("Unrecognized request argument supplied: reasoning_effort")
    if effort not in allowed:
        raise WrongParameterError(f"Unsupported value: 'reasoning_effort' does not support {effort!r}.")
    return Asked(effort=effort)


def openai_efforts(model: str) -> set[str] | None:
    """The efforts that a model accepts; None for one that does not reason."""
    bare = model.rsplit("/", 1)[-1]
    return next((efforts for pattern, efforts in _EFFORTS.items() if re.match(pattern, bare)), None)


def responses(body: Body) -> Asked:
    """The same as Responses."""
    if "reasoning" not in body:
        return Asked()
    reasoning = body["reasoning"]
    allowed = openai_efforts(body["model"])
    for name, value in reasoning.items():
        if allowed is None or name not in {"effort", "summary"}:
            raise WrongParameterError(f"Unsupported parameter: 'reasoning.{name}' is not supported with this model.")
        if name == "effort" and value not in allowed:
            raise WrongParameterError(f"Unsupported value: 'reasoning.effort' does not support {value!r}.")
    return Asked(effort=reasoning.get("effort"), thoughts="summary" in reasoning)


def gemini_chat(body: Body) -> Asked:
    """https://ai.google.dev/gemini-api/docs/openai#thinking."""
    _refuse_all_but(body, "reasoning_effort", "extra_body")
    more = body.get("extra_body", {})
    config = more.get("google", {}).get("thinking_config")
    if set(more) - {"google"} or set(more.get("google", {})) - {"thinking_config"}:
        raise WrongParameterError('Invalid JSON payload received. Unknown name "extra_body": Cannot find field.')
    if config is None:
        effort = body.get("reasoning_effort")
        return Asked(effort=_gemini_effort(body["model"], effort) if effort else None)
    if "reasoning_effort" in body:
        raise WrongParameterError("Expected one of either `reasoning_effort` or custom `thinking_config`; found both.")
    if set(config) - {"include_thoughts", "thinking_budget", "thinking_level"}:
        raise WrongParameterError("Unknown name in thinking_config: Cannot find field.")
    return _thinking(body["model"], config, "include_thoughts", "thinking_budget", "thinking_level")


def gemini_native(model: str, body: Body) -> Asked:
    """https://ai.google.dev/gemini-api/docs/thinking."""
    config = body.get("generationConfig", {}).get("thinkingConfig")
    if config is None:
        return Asked()
    if set(config) - {"includeThoughts", "thinkingBudget", "thinkingLevel"}:
        raise WrongParameterError("Unknown name in thinkingConfig: Cannot find field.")
    return _thinking(model, config, "includeThoughts", "thinkingBudget", "thinkingLevel")


def anthropic(body: Body) -> Asked:
    """https://docs.claude.com/en/docs/build-with-claude/extended-thinking."""
    _refuse_all_but(body, "thinking")
    thinking = body.get("thinking")
    if thinking is None:
        return Asked()
    budget = thinking["budget_tokens"]
    if not 1024 <= budget < body["max_tokens"]:
        raise WrongParameterError("`max_tokens` must be greater than `thinking.budget_tokens`.")
    return Asked(effort={1024: "low", 2048: "medium", 4096: "high"}[budget], thoughts=True)


def openrouter(body: Body) -> Asked:
    """https://openrouter.ai/docs/use-cases/reasoning-tokens; thoughts come unless they are excluded."""
    _refuse_all_but(body, "reasoning")
    reasoning = body.get("reasoning", {})
    if set(reasoning) - {"effort", "exclude"}:
        raise WrongParameterError("Unknown parameter: 'reasoning'.")
    return Asked(effort=reasoning.get("effort"), thoughts=not reasoning.get("exclude"))


def open_model(body: Body) -> Asked:
    """A server of open models, which passes arguments to the template of the model; thoughts come by themselves."""
    _refuse_all_but(body, "chat_template_kwargs", "reasoning_effort")
    effort, on = body.get("reasoning_effort"), body.get("chat_template_kwargs", {}).get("enable_thinking", True)
    if effort not in {None, "none", "low", "medium", "high"} or on == (effort == "none"):
        raise WrongParameterError("{'loc': ('body', 'reasoning_effort'), 'msg': 'Input should be low, medium or high'}")
    return Asked(effort=effort, thoughts=on)


def _refuse_all_but(body: Body, *known: str) -> None:
    names = {"reasoning", "reasoning_effort", "thinking", "thinkingConfig", "extra_body", "chat_template_kwargs"}
    for name in (names | {"enable_thinking", "reasoning_format", "include_reasoning"}) - {*known}:
        if name in body:
            raise WrongParameterError(f"Unknown parameter: '{name}'.")


def _thinking(model: str, config: Body, thoughts: str, budget: str, level: str) -> Asked:
    bare = model.rsplit("/", 1)[-1]
    if re.match(r"gemini-(1|2\.0)", bare):
        raise WrongParameterError("Unable to submit request because thinking is not supported by this model.")
    if budget in config:
        if level in config or not re.match(r"gemini-2\.5", bare):
            raise WrongParameterError("Thinking budget and thinking level: use one of the two.")
        if config[budget] not in _BUDGETS or (config[budget] == 0 and "pro" in bare):
            raise WrongParameterError(f"Budget {config[budget]} is invalid. This model only works in thinking mode.")
        if config[budget] == 0 and config.get(thoughts):
            raise WrongParameterError("Thoughts are only included when thinking is enabled.")
    if level in config and not re.match(r"gemini-(?!2)", bare):
        raise WrongParameterError("Thinking level is not supported for this model.")
    effort = _gemini_effort(model, config[level]) if level in config else _BUDGETS.get(config.get(budget, -1))
    return Asked(effort=effort, thoughts=bool(config.get(thoughts)))


def _gemini_effort(model: str, effort: str) -> str:
    bare = model.rsplit("/", 1)[-1]
    allowed = {"low", "high"} | ({"medium"} if bare != "gemini-3-pro-preview" else set())
    if re.match(r"gemini-2\.5-(?!pro)", bare):
        allowed |= {"none", "minimal"}
    elif "pro" not in bare or "2.5" in bare:
        allowed |= {"minimal"}
    if re.match(r"gemini-(1|2\.0)", bare) or effort not in allowed:
        raise WrongParameterError("Request contains an invalid argument.")
    return effort
