"""How reasoning is asked for at each service, and which parameter an error names."""

from typing import Any

import pytest
from agents import ModelSettings
from hypothesis import given
from hypothesis import strategies as st
from openai.types.shared import Reasoning

from app.adapters.providers.shared.reasoning import ReasoningParameters, RefusedParameters
from app.adapters.providers.shared.reasoning.families import EFFORTS, ReasoningFamily, family_of
from app.adapters.providers.shared.reasoning.refusals import refused_parameter
from app.adapters.providers.shared.reasoning.wires import service_of

GEMINI_FIELDS = {"extra_body": {"google": {"thinking_config": {"include_thoughts": True, "thinking_level": "low"}}}}
RESPONSES_FIELDS = {"include": ["reasoning.encrypted_content"], "reasoning": {"effort": "low", "summary": "auto"}}
EFFORT = {"reasoning_effort": "low"}
THINKING = ("extra_body", "google", "thinking_config")

EFFORT_PATH = ("reasoning_effort",)


def fields(service: str, model: str, effort: str | None, summary: str | None = None, **own: Any) -> dict[str, Any]:
    reasoning = Reasoning.model_validate({"effort": effort, "summary": summary})
    settings = ModelSettings(reasoning=reasoning, extra_body=own or None)
    return ReasoningParameters("openai", service, model, RefusedParameters()).fields(settings)


@pytest.mark.parametrize(
    ("service", "model", "off", "on"),
    [
        ("openrouter", "anthropic/claude-sonnet-4.5", {"reasoning": {"effort": "none"}},
         {"reasoning": {"effort": "high"}}),
        ("deepseek", "deepseek-v4-flash", {"thinking": {"type": "disabled"}},
         {"thinking": {"type": "enabled"}, "reasoning_effort": "high"}),
        ("moonshot", "kimi-k3", {"thinking": {"type": "disabled"}}, {"thinking": {"type": "enabled"}}),
        ("zai", "glm-5", {"thinking": {"type": "disabled"}}, {"thinking": {"type": "enabled"}}),
        ("dashscope", "qwen3-max", {"enable_thinking": False}, {"enable_thinking": True}),
        ("groq", "qwen/qwen3-32b", {"reasoning_effort": "none", "reasoning_format": "parsed"},
         {"reasoning_effort": "default", "reasoning_format": "parsed"}),
        ("groq", "openai/gpt-oss-20b", {"reasoning_effort": "low"}, {"reasoning_effort": "high"}),
        ("", "qwen3:8b", {"chat_template_kwargs": {"enable_thinking": False}, "reasoning_effort": "none"},
         {"chat_template_kwargs": {"enable_thinking": True}, "reasoning_effort": "high"}),
        ("gemini", "gemini-2.5-flash", {"reasoning_effort": "none"},
         {"extra_body": {"google": {"thinking_config": {"include_thoughts": True, "thinking_budget": 24576}}}}),
        ("xai", "grok-4-0709", {}, {}),
        ("xai", "grok-3-mini", {"reasoning_effort": "low"}, {"reasoning_effort": "high"}),
        ("mistral", "magistral-medium-latest", {}, {}),
        ("", "a-model-of-tomorrow", {"reasoning_effort": "none"}, {"reasoning_effort": "high"}),
        ("openai", "gpt-4o", {}, {}),
    ],
)  # fmt: skip
def test_each_service_has_its_form(service: str, model: str, off: object, on: object) -> None:
    assert fields(service, model, "none", "auto") == off
    assert fields(service, model, "high", "auto") == on


def test_thoughts_that_come_by_themselves_can_be_left_out() -> None:
    assert fields("openrouter", "openai/gpt-5", "low") == {"reasoning": {"effort": "low", "exclude": True}}
    assert fields("groq", "qwen3", "high")["reasoning_format"] == "hidden"


def test_the_fields_that_an_agent_sets_itself_stay_alone() -> None:
    assert fields("gemini", "gemini-3-flash", "low", "auto", extra_body={"google": {}}) == {}
    assert fields("", "gpt-5", "low", reasoning_effort="high") == {}
    assert fields("", "gpt-5", "low", seed=1) == EFFORT


@pytest.mark.parametrize(
    ("url", "service"),
    [
        ("https://openrouter.ai/api/v1", "openrouter"),
        ("https://api.deepseek.com", "deepseek"),
        ("https://generativelanguage.googleapis.com/v1beta/openai/", "gemini"),
        ("https://dashscope-intl.aliyuncs.com/compatible-mode/v1", "dashscope"),
        ("https://openrouter.ai.example.com/v1", ""),
        ("http://localhost:11434/v1", ""),
        ("https://api.openai.com/v1/", ""),
    ],
)
def test_a_service_is_known_by_its_host(url: str, service: str) -> None:
    assert service_of(url) == service


@pytest.mark.parametrize(
    ("model", "reasons"),
    [
        ("gpt-6-luna", True),
        ("gpt-6.1-sol", True),
        ("openai/gpt-5.2", True),
        ("ft:gpt-4o-mini:org::id", False),
        ("ft:gpt-5-mini:org::id", True),
        ("GPT-5", True),
        ("gemini-3.5-flash-lite", True),
        ("gemini-flash-latest", True),
        ("claude-sonnet-4-5", True),
        ("claude-opus-5", True),
        ("claude-3-5-haiku-latest", False),
        ("deepseek-reasoner", True),
        ("deepseek-coder", True),
        ("grok-4-fast-non-reasoning", False),
        ("kimi-k2-thinking", True),
        ("kimi-k2-0905", False),
        ("qwen3-coder:30b", False),
        ("llama3.2", False),
        ("my-deployment", None),
    ],
)
def test_a_family_goes_by_the_models_name(model: str, reasons: bool | None) -> None:
    assert family_of(model).reasons is reasons


@given(st.sampled_from(EFFORTS), st.lists(st.sampled_from(EFFORTS), min_size=1, unique=True))
def test_the_nearest_effort_is_accepted_and_rises_with_the_wish(effort: str, efforts: list[str]) -> None:
    family = ReasoningFamily(efforts=efforts)
    nearest = family.nearest(effort)
    assert nearest in efforts
    assert effort not in efforts or nearest == effort
    assert nearest != "none" or effort == "none" or efforts == ["none"], "reasoning is turned off only on request"
    ranks = [EFFORTS.index(str(family.nearest(wish))) for wish in EFFORTS]
    assert ranks == sorted(ranks)


@pytest.mark.parametrize(
    ("body", "sent", "path"),
    [
        ({"message": "Unsupported parameter: 'reasoning.effort'", "param": "reasoning.effort"}, RESPONSES_FIELDS,
         ("reasoning", "effort")),
        ({"message": "Your organization must be verified to generate reasoning summaries.",
          "param": "reasoning.summary"}, RESPONSES_FIELDS, ("reasoning", "summary")),
        ({"message": "Your organization must be verified to generate reasoning summaries."}, RESPONSES_FIELDS,
         ("reasoning", "summary")),
        ({"message": "Encrypted content is not supported with this model.", "param": "include"}, RESPONSES_FIELDS,
         ("include",)),
        ({"message": "Unknown parameter: 'reasoning'."}, RESPONSES_FIELDS, ("reasoning",)),
        ({"message": "Unrecognized request argument supplied: reasoning"}, RESPONSES_FIELDS, ("reasoning",)),
        ("Model grok-4 does not support parameter reasoningEffort.", EFFORT, EFFORT_PATH),
        ({"error": {"message": "`reasoning_effort` must be one of `none` or `default`"}}, EFFORT, EFFORT_PATH),
        ({"detail": [{"type": "extra_forbidden", "loc": ["body", "reasoning_effort"]}]}, EFFORT, EFFORT_PATH),
        ('"llama3.2" does not support thinking', EFFORT, ()),
        ("Function tools with reasoning_effort are not supported in /v1/chat/completions.", EFFORT, EFFORT_PATH),
        ('"thinking.type.enabled" is not supported for this model.', EFFORT, ()),
        ([{"error": {"message": "Thinking level is not supported for this model."}}], GEMINI_FIELDS,
         (*THINKING, "thinking_level")),
        ([{"error": {"message": 'Unknown name "thinking_config": Cannot find field.'}}], GEMINI_FIELDS, THINKING),
        ("Unable to submit request because thinking is not supported by this model.", GEMINI_FIELDS, ()),
        ("Thinking_config.include_thoughts is only enabled when thinking is enabled.", GEMINI_FIELDS,
         (*THINKING, "include_thoughts")),
        ("Function call is missing a thought_signature in functionCall parts.", GEMINI_FIELDS, None),
        ("Item 'rs_1' of type 'reasoning' was provided without its required following item.", RESPONSES_FIELDS, None),
        ("Request contains an invalid argument.", GEMINI_FIELDS, None),
        ("Unsupported parameter: 'reasoning_effort'", {}, None),
        (None, EFFORT, None),
    ],
)  # fmt: skip
def test_an_error_names_its_parameter(body: object, sent: dict[str, Any], path: tuple[str, ...] | None) -> None:
    for status in (400, 422):
        assert refused_parameter(sent, status, body) == path
    for other in (401, 429, 500, None):
        assert refused_parameter(sent, other, body) is None


@given(st.sampled_from([GEMINI_FIELDS, RESPONSES_FIELDS, EFFORT]), st.data())
def test_what_was_refused_is_never_sent_again_and_all_else_stays(sent: dict[str, Any], data: st.DataObject) -> None:
    memory = RefusedParameters()
    leaves = list(_leaves(sent))
    paths = sorted({(), *(leaf[:size] for leaf in leaves for size in range(1, len(leaf) + 1))})
    path = data.draw(st.sampled_from(paths))
    assert memory.add("m", path)
    assert not memory.add("m", path), "a parameter is refused once"
    assert memory.accepted("other", sent) == sent
    left = list(_leaves(memory.accepted("m", sent)))
    assert left == [leaf for leaf in leaves if leaf[: len(path)] != path]


def _leaves(values: dict[str, Any], above: tuple[str, ...] = ()) -> Any:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*above, name))
        else:
            yield (*above, name)
