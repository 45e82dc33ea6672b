"""Requests of chat completions: history, tools, schemas."""

import enum
import json
from collections.abc import Sequence
from typing import Any, cast

import pytest
from agents import ModelSettings, Tool, function_tool
from agents.items import TResponseInputItem
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from app.adapters.providers.gemini.provider import _DIALECT as GEMINI
from app.adapters.providers.openai.provider import _AT_OPENAI, _ELSEWHERE
from app.adapters.providers.shared.chat_completions import simplify_schema
from app.adapters.providers.shared.chat_completions.request import completion_request
from tests.fakes.gemini_wire import BYPASS, GeminiChat
from tests.fakes.upstream import Request

USER = {"role": "user", "content": "Hi"}


def request(
    items: Sequence[object], *, model: str = "gemini-3-flash", dialect: Any = GEMINI, **more: Any
) -> dict[str, Any]:
    settings = more.pop("settings", ModelSettings())
    tools: Sequence[Tool] = more.pop("tools", ())
    history = cast(list[TResponseInputItem], list(items))
    return completion_request(model, dialect, "Be brief.", history, settings, tools, (), None)


def call(call_id: str, **more: object) -> dict[str, object]:
    return {"type": "function_call", "call_id": call_id, "name": "f", "arguments": "{}", **more}


def result(call_id: str) -> dict[str, object]:
    return {"type": "function_call_output", "call_id": call_id, "output": "ok"}


def signatures(body: dict[str, Any]) -> list[str | None]:
    calls = [call for message in body["messages"] for call in message.get("tool_calls", ())]
    return [call.get("extra_content", {}).get("google", {}).get("thought_signature") for call in calls]


def test_geminis_own_signature_goes_back_on_its_own_call() -> None:
    own = {"provider_data": {"model": "gemini-3-flash", "thought_signature": "signed-f"}}
    body = request([USER, call("a", **own), call("b", provider_data={"model": "gemini-3-flash"}), *map(result, "ab")])
    assert signatures(body) == ["signed-f", None], "of calls made at once Gemini signs the first alone"


def test_a_call_gemini_never_signed_gets_the_bypass_where_one_is_needed() -> None:
    foreign = [USER, call("a"), call("b"), result("a"), result("b"), call("c"), result("c")]
    assert signatures(request(foreign)) == [BYPASS, None, BYPASS]
    assert signatures(request(foreign, model="models/gemini-flash-latest")) == [BYPASS, None, BYPASS]
    assert signatures(request(foreign, model="gemini-2.5-flash")) == [None, None, None]
    assert signatures(request(foreign, model="gemma-3-27b-it")) == [None, None, None]


def test_geminis_signature_goes_to_no_other_provider() -> None:
    own = {"provider_data": {"model": "gemini-3-flash", "thought_signature": "signed-f"}}
    for model, dialect in {"gpt-4o": _AT_OPENAI, "llama3": _ELSEWHERE}.items():
        assert signatures(request([USER, call("a", **own), result("a")], model=model, dialect=dialect)) == [None]
    assert signatures(request([USER, call("a", **own), result("a")], model="gemini-3.1-pro")) == [BYPASS]


def test_deepseek_gets_its_own_thoughts_back_and_no_others() -> None:
    def thought(model: str) -> dict[str, object]:
        summary = [{"type": "summary_text", "text": "Hm."}]
        return {"type": "reasoning", "id": "rs_1", "summary": summary, "provider_data": {"model": model}}

    for author, told in {"deepseek-reasoner": True, "other": False}.items():
        body = request([USER, thought(author), call("a"), result("a")], model="deepseek-reasoner", dialect=_ELSEWHERE)
        assert ("reasoning_content" in body["messages"][2]) == told


class Priority(enum.StrEnum):
    LOW = "low"
    HIGH = "high"


class Place(BaseModel):
    """Schema that refers to itself and to others."""

    title: str
    within: "Place | None" = None
    priority: Priority = Priority.LOW


@function_tool(strict_mode=False)
async def plan(title: str, places: list[Place], at: str | None = None, options: dict[str, int] | None = None) -> str:
    """Schema with every difficult feature."""
    return title


@function_tool
async def nothing() -> str:
    """Takes no arguments."""
    return ""


def test_gemini_gets_only_what_it_knows() -> None:
    settings = ModelSettings(
        temperature=0.5,
        max_tokens=100,
        store=True,
        metadata={"a": "b"},
        parallel_tool_calls=True,
        frequency_penalty=1.0,
        verbosity="low",
        tool_choice="required",
    )
    body = request([USER], settings=settings, tools=[plan, nothing])
    wire = Request(method="POST", path="/", query={}, headers={}, body=json.loads(json.dumps(body)))
    assert GeminiChat().guard(wire) is None
    assert body["max_tokens"] == 100
    assert body["stream_options"] == {"include_usage": True}
    schema = body["tools"][0]["function"]["parameters"]
    assert schema["properties"]["at"] == {"type": "string", "nullable": True}
    place = schema["properties"]["places"]["items"]
    assert place["properties"]["title"] == {"type": "string"}, "a property may be called title"
    assert place["properties"]["priority"]["enum"] == ["low", "high"]
    assert "parameters" not in body["tools"][1]["function"]


def test_openai_gets_strict_tools_and_the_new_name_of_the_limit() -> None:
    settings = ModelSettings(max_tokens=100, parallel_tool_calls=False)
    own = request([USER], model="gpt-4o", dialect=_AT_OPENAI, settings=settings, tools=[plan])
    assert own["max_completion_tokens"] == 100
    assert own["parallel_tool_calls"] is False
    assert "strict" in own["tools"][0]["function"]
    other = request([USER], model="llama3", dialect=_ELSEWHERE, settings=settings, tools=[plan])
    assert other["max_tokens"] == 100
    assert "parallel_tool_calls" not in other
    assert "strict" not in other["tools"][0]["function"]
    assert "tool_choice" not in request([USER], settings=ModelSettings(tool_choice="auto"))


SCHEMAS = st.recursive(
    st.sampled_from(
        [{"type": "string"}, {"type": "null"}, {"const": "x"}, {"$ref": "#/$defs/A"}, {"$ref": "#/$defs/B"}]
    ),
    lambda inner: st.one_of(
        st.builds(lambda schema: {"type": "array", "items": schema, "title": "T"}, inner),
        st.builds(lambda schemas: {"anyOf": schemas, "default": None}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(
            lambda properties: {"type": "object", "properties": properties, "additionalProperties": False},
            st.dictionaries(st.sampled_from(["title", "default", "a", "$ref"]), inner, max_size=3),
        ),
    ),
    max_leaves=8,
)


@given(SCHEMAS, SCHEMAS, SCHEMAS)
def test_any_schema_becomes_one_that_gemini_takes(
    schema: dict[str, Any], first: dict[str, Any], second: dict[str, Any]
) -> None:
    whole = {"type": "object", "properties": {"it": schema}, "$defs": {"A": first, "B": second}}
    parameters = simplify_schema(json.loads(json.dumps(whole)))
    tool = {"type": "function", "function": {"name": "f", "parameters": parameters}}
    body = {"model": "gemini-2.5-flash", "messages": [USER], "tools": [tool]}
    assert GeminiChat().guard(Request(method="POST", path="/", query={}, headers={}, body=body)) is None


ITEMS = st.lists(
    st.one_of(
        st.sampled_from([USER, {"role": "assistant", "content": "Hello"}, {"role": "assistant", "content": " "}]),
        st.sampled_from("abc").map(call),
        st.sampled_from("abc").map(result),
        st.just({"type": "reasoning", "id": "rs_1", "summary": []}),
        st.just({"type": "item_reference", "id": "x"}),
    ),
    max_size=12,
)


@given(ITEMS)
def test_any_order_of_items_becomes_one_that_upstreams_take(items: list[dict[str, Any]]) -> None:
    body = json.loads(json.dumps(request(items)))
    assert GeminiChat().guard(Request(method="POST", path="/", query={}, headers={}, body=body)) is None
    spoken = [message["role"] for message in body["messages"] if message["role"] != "system"]
    assert spoken, "a request without words is refused"
    assert spoken[0] != "tool"


@pytest.mark.parametrize("content", ["", [], [{"type": "input_text", "text": ""}]])
def test_empty_messages_are_not_sent_to_the_model(content: object) -> None:
    body = request([USER, {"role": "user", "content": content}])
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
