"""The past as different providers leave it behind; every provider must take all of them."""

from collections.abc import Mapping
from typing import Any, Final, cast

from agents.items import TResponseInputItem

# What must not reach an upstream that did not write it.
UNTOLD: Final = (
    "gAAAA-openai-only",
    "anthropic-signature",
    "corrupt-signature",
    "rs_0123",
    "__thought__",
    "__fake_id__",
)


def _history(*items: Mapping[str, Any]) -> list[TResponseInputItem]:
    return cast(list[TResponseInputItem], list(items))


def _user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def _call(call_id: str, arguments: str = '{"city": "Paris"}', **more: Any) -> dict[str, Any]:
    return {"type": "function_call", "call_id": call_id, "name": "weather", "arguments": arguments, **more}


def _result(call_id: str, output: object = "sunny") -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": call_id, "output": output}


def _said(text: str, **more: Any) -> dict[str, Any]:
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    return {"type": "message", "role": "assistant", "content": [part], "status": "completed", **more}


_REASONING = {"type": "reasoning", "id": "rs_0123", "summary": [], "encrypted_content": "gAAAA-openai-only"}
_CLAUDE = {
    "type": "reasoning",
    "id": "__fake_id__",
    "summary": [],
    "content": [{"type": "reasoning_text", "text": "Hm."}],
    "encrypted_content": "anthropic-signature",
    "provider_data": {"model": "anthropic/claude-sonnet-4"},
}
_OTHER_GEMINI = {"model": "gemini/gemini-99-other", "thought_signature": "corrupt-signature"}

HISTORIES: Final[dict[str, list[TResponseInputItem]]] = {
    "openai": _history(
        _user("Weather?"),
        {**_REASONING, "provider_data": {"model": "o9-other"}},
        _call("call_1", id="fc_67ccfcdd16748190a91872c75d38539e09e4d4aac714747c", status="completed"),
        _result("call_1"),
        _said("Sunny.", id="msg_67ccfcf0a6b8819087eb7f55d83d1a1209e4d4aac714747c"),
        _user("Thanks. And now?"),
    ),
    "claude through litellm": _history(
        _user("Weather?"),
        _CLAUDE,
        _said("Let me see.", id="__fake_id__", provider_data={"model": "anthropic/claude-sonnet-4"}),
        _call("toolu_1", id="__fake_id__", provider_data={"model": "anthropic/claude-sonnet-4"}),
        _result("toolu_1"),
        _said("Sunny.", id="__fake_id__"),
        _user("And now?"),
    ),
    "gemini through litellm": _history(
        _user("Weather?"),
        _call("call_1__thought__corrupt-signature", id="__fake_id__", provider_data=_OTHER_GEMINI),
        _result("call_1__thought__corrupt-signature"),
        _said("Sunny.", id="__fake_id__"),
        _user("And now?"),
    ),
    "in the middle of a turn": _history(
        _user("Weather?"), _call("call_1"), _call("call_2"), _result("call_2"), _result("call_1")
    ),
    "chatkit's own words": _history(_user("Hi"), _said("Hello."), _user("And now?")),
    "plain": _history(_user("Hi"), {"role": "assistant", "content": "Hello."}, _user("And now?")),
    "a call without a result": _history(_user("Weather?"), _call("call_1"), _user("And now?")),
    "a result without a call": _history(_user("Weather?"), _result("call_1"), _user("And now?")),
    "results far from their calls": _history(
        _user("Weather?"),
        _call("call_1"),
        _call("call_2"),
        _said("Wait."),
        _result("call_1"),
        _user("And?"),
        _result("call_2"),
        _user("And now?"),
    ),
    "a window that begins within a turn": _history(_call("call_1"), _result("call_1"), _said("Sunny."), _user("Now?")),
    "garbled arguments": _history(_user("Weather?"), _call("c", '{"city": "Par'), _result("c", "error"), _user("?")),
    "arguments that are no object": _history(_user("Weather?"), _call("c", "[1]"), _result("c", "error"), _user("?")),
    "nothing said": _history(_user("Hi"), _said(""), {"role": "assistant", "content": ""}, _user("And now?")),
    "an empty result": _history(_user("Weather?"), _call("c"), _result("c", ""), _user("And now?")),
    "a result in parts": _history(
        _user("Weather?"), _call("c"), _result("c", [{"type": "input_text", "text": "sunny"}]), _user("And now?")
    ),
    "a refusal": _history(
        _user("Hi"),
        {
            "type": "message",
            "id": "msg_1",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "refusal", "refusal": "I will not."}],
        },
        _user("And now?"),
    ),
    "instructions within": _history(
        _user("Hi"),
        {"role": "developer", "content": "Be kind."},
        {"role": "system", "content": "Be brief."},
        _user("?"),
    ),
    "an image": _history(
        {
            "type": "message",
            "role": "user",
            "content": [
                {"type": "input_text", "text": "What is this?"},
                {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo=", "detail": "auto"},
            ],
        }
    ),
    "items of hosted tools": _history(
        _user("Hi"),
        {"type": "item_reference", "id": "msg_404"},
        {"type": "compaction", "encrypted_content": "gAAAA-openai-only"},
        {"type": "web_search_call", "id": "ws_1", "status": "completed"},
        _user("And now?"),
    ),
}
