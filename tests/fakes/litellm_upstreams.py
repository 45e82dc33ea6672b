"""The upstreams behind LiteLLM, each in its own words: Gemini, Anthropic, OpenRouter, Azure."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from tests.fakes import reasoning
from tests.fakes.chat_wire import DONE, OpenAIChat
from tests.fakes.dialects import PROMPT, SECRET, Asked, Call, Dialect, Fault, Oddity
from tests.fakes.upstream import Reply, Request, json_reply, sse, stream

_BASE64 = re.compile(r"[A-Za-z0-9+/]+=*$")
_INLINE = {"image/png", "image/jpeg", "image/webp", "application/pdf"}
PARIS, UTC = Call("weather", {"city": "Paris"}), Call("clock", {"tz": "UTC"})


class GeminiNative(Dialect):
    """https://ai.google.dev/api/generate-content, which is not the address that imitates OpenAI."""

    name = "gemini-native"

    def begin(self, *pieces: str) -> list[bytes]:
        return [self.frame([{"text": piece}]) for piece in pieces]

    def end(self, *pieces: str) -> list[bytes]:
        return [self.frame([{"text": ""}], finish="STOP")]

    def calls(self, *calls: Call) -> Reply:
        parts: list[dict[str, Any]] = [{"functionCall": {"name": call.name, "args": call.arguments}} for call in calls]
        parts[0]["thoughtSignature"] = "c2lnbmVk"  # Of calls made at once only the first is signed.
        return stream(self.frame(parts), *self.end())

    def error(self, status: int, *, code: str, message: str) -> object:
        return {"error": {"code": status, "message": message, "status": _STATUS.get(status, "UNKNOWN")}}

    def refused_key(self) -> Reply:
        error = {
            "code": 400,
            "message": f"API key not valid. Please pass a valid API key. {SECRET} {PROMPT}",
            "status": "INVALID_ARGUMENT",
            "details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}],
        }
        return json_reply(400, {"error": error})

    def guard(self, request: Request) -> Reply | None:
        contents = request.body["contents"]
        inline = [part["inline_data"] for content in contents for part in content["parts"] if "inline_data" in part]
        if any(data["mime_type"] not in _INLINE or not _BASE64.match(data["data"]) for data in inline):
            return self.refusal(400, "", "Unsupported MIME type or invalid base64")
        if request.headers.get("x-goog-api-key") != SECRET or request.query.get("alt") != ["sse"]:
            return self.refused_key()
        if not contents or any(not content["parts"] for content in contents):
            return self.refusal(400, "", "contents.parts must not be empty.")
        for before, content in zip([{"role": "", "parts": []}, *contents], contents, strict=False):
            answers = sum("function_response" in part for part in content["parts"])
            asked = sum("function_call" in part for part in before["parts"])
            if answers != asked and (answers or content["role"] == "user"):
                return self.refusal(400, "", "the number of function response parts is not that of the calls")
        model = request.path.rsplit("/", 1)[-1].partition(":")[0]
        return self.misasked({**request.body, "model": model})

    def asked(self, body: Mapping[str, Any]) -> Asked:
        return reasoning.gemini_native(body.get("model", "gemini-2.5-flash"), body)

    def frame(self, parts: Sequence[Mapping[str, Any]], *, finish: str = "") -> bytes:
        """One event: with the count of tokens so far in each, and CRLF."""
        candidate: dict[str, Any] = {"content": {"parts": parts, "role": "model"}, "index": 0}
        if finish:
            candidate["finishReason"] = finish
        return self.event(candidates=[candidate])

    def event(self, **more: Any) -> bytes:
        """One event of any content."""
        usage = {"promptTokenCount": 11, "candidatesTokenCount": 7, "thoughtsTokenCount": 6, "totalTokenCount": 24}
        head = {"usageMetadata": usage, "modelVersion": "gemini-2.5-flash", "responseId": "1URyaLjuGKiqmtkPj86KuAI"}
        return sse({**head, **more}).replace(b"\n", b"\r\n")

    def own_faults(self) -> list[Fault]:
        begun = self.begin("Hel", "lo")
        error = {"error": {"code": 503, "message": PROMPT, "status": "UNAVAILABLE"}}
        return [
            Fault(name="mid_error", reply=stream(*begun, sse(error)), kind="overloaded", heard="Hello"),
            Fault(name="mid_error_list", reply=stream(*begun, sse([error])), kind="overloaded", heard="Hello"),
            Fault(
                name="half_a_value",
                reply=stream(*begun, b'data: {"candidates": [{"content": {\r\n\r\n', *self.end()),
                kind="protocol",
                heard="Hello",
            ),
            Fault(
                name="half_a_value_at_the_end", reply=stream(*begun, b'data: {"cand'), kind="interrupted", heard="Hello"
            ),
            Fault(name="empty_candidate", reply=stream(*self.end()), kind="empty"),
            Fault(name="malformed_call", reply=stream(self.frame([], finish="MALFORMED_FUNCTION_CALL")), kind="empty"),
            Fault(name="length_empty", reply=stream(self.frame([], finish="MAX_TOKENS")), kind="truncated"),
            Fault(
                name="safety_mid",
                reply=stream(*begun, self.frame([], finish="SAFETY")),
                kind="content_filtered",
                heard="Hello",
            ),
            Fault(
                name="prompt_blocked",
                reply=stream(self.event(promptFeedback={"blockReason": "PROHIBITED_CONTENT"})),
                kind="content_filtered",
            ),
        ]

    def own_oddities(self) -> list[Oddity]:
        thought = [{"text": "Hm.", "thought": True}]
        calls = [{"functionCall": {"name": call.name, "args": call.arguments}} for call in (PARIS, UTC)]
        return [
            Oddity(
                name="thought",
                reply=stream(self.frame(thought), *self.begin("Hi"), *self.end()),
                text="Hi",
                thought="Hm.",
            ),
            Oddity(
                name="calls_in_two_frames",
                reply=stream(*(self.frame([call]) for call in calls), *self.end()),
                calls=[PARIS, UTC],
            ),
            Oddity(
                name="line_separators_in_text",
                reply=stream(*self.begin("a\u2028b\x85c\x0bd"), *self.end()),
                text="a\u2028b\x85c\x0bd",
            ),
            Oddity(
                name="length_mid",
                reply=stream(*self.begin("Hi"), self.frame([], finish="MAX_TOKENS")),
                text="Hi",
                cut_off=True,
            ),
            Oddity(name="done_as_a_gateway_says", reply=stream(*self.begin("Hi"), *self.end(), DONE), text="Hi"),
            *_repetition(self),
        ]


class AnthropicMessages(Dialect):
    """https://docs.anthropic.com/en/docs/build-with-claude/streaming."""

    name = "anthropic"

    def begin(self, *pieces: str) -> list[bytes]:
        block = {"type": "text", "text": ""}
        deltas = [self.delta(0, {"type": "text_delta", "text": piece}) for piece in pieces]
        opening = [*self.opening(), self.frame("content_block_start", index=0, content_block=block)]
        return [b"".join([*opening, *deltas[:1]]), *deltas[1:]]

    def end(self, *pieces: str) -> list[bytes]:
        return [self.frame("content_block_stop", index=0), *self.finish("end_turn")]

    def calls(self, *calls: Call) -> Reply:
        frames = self.opening()
        for index, call in enumerate(calls):
            block = {"type": "tool_use", "id": f"toolu_{index}{call.name}", "name": call.name, "input": {}}
            arguments = json.dumps(call.arguments)
            frames += [
                self.frame("content_block_start", index=index, content_block=block),
                self.delta(index, {"type": "input_json_delta", "partial_json": ""}),
                self.delta(index, {"type": "input_json_delta", "partial_json": arguments[:5]}),
                self.delta(index, {"type": "input_json_delta", "partial_json": arguments[5:]}),
                self.frame("content_block_stop", index=index),
            ]
        return stream(*frames, *self.finish("tool_use"))

    def error(self, status: int, *, code: str, message: str) -> object:
        return {"type": "error", "error": {"type": code, "message": message}, "request_id": "req_011"}

    def refused_key(self) -> Reply:
        return self.refusal(401, "authentication_error", f"invalid x-api-key {SECRET} {PROMPT}")

    def guard(self, request: Request) -> Reply | None:
        if request.headers.get("x-api-key") != SECRET:
            return self.refused_key()
        waiting: set[str] = set()
        for message in request.body["messages"]:
            parts = message["content"] if isinstance(message["content"], list) else []
            sources = [part["source"] for part in parts if part["type"] in {"image", "document"}]
            if any(source["type"] != "base64" or not _BASE64.match(source["data"]) for source in sources):
                return self.refusal(400, "invalid_request_error", "source.base64: Field required")
            answered = {part["tool_use_id"] for part in parts if part["type"] == "tool_result"}
            if answered != waiting:
                return self.refusal(400, "invalid_request_error", "each tool_use needs its tool_result directly after")
            waiting = {part["id"] for part in parts if part["type"] == "tool_use"}
            if not message["content"]:
                return self.refusal(400, "invalid_request_error", "all messages must have non-empty content")
        return self.misasked(request.body) or self._unsigned(request.body)

    def _unsigned(self, body: Mapping[str, Any]) -> Reply | None:
        """While Claude thinks, a turn's tool call follows its signed thought."""
        blocks = [message["content"] for message in body["messages"] if message["role"] == "assistant"]
        last = next((content for content in reversed(blocks) if isinstance(content, list)), [])
        if not body.get("thinking") or not any(part["type"] == "tool_use" for part in last):
            return None
        signed = last[0]["type"] == "thinking" and last[0].get("signature") == "c2lnbmVk" and last[0]["thinking"]
        words = "Expected `thinking` or `redacted_thinking`, but found `tool_use`."
        return None if signed else self.refusal(400, "invalid_request_error", words)

    def reasoned_call(self, thought: str, call: Call) -> Reply:
        """A call after a signed thought."""
        tool = {"type": "tool_use", "id": "toolu_1", "name": call.name, "input": {}}
        return stream(
            *self.opening(),
            self.frame("content_block_start", index=0, content_block={"type": "thinking", "thinking": ""}),
            self.delta(0, {"type": "thinking_delta", "thinking": thought[:2]}),
            self.delta(0, {"type": "thinking_delta", "thinking": thought[2:]}),
            self.delta(0, {"type": "signature_delta", "signature": "c2lnbmVk"}),
            self.frame("content_block_stop", index=0),
            self.frame("content_block_start", index=1, content_block=tool),
            self.delta(1, {"type": "input_json_delta", "partial_json": json.dumps(call.arguments)}),
            self.frame("content_block_stop", index=1),
            *self.finish("tool_use"),
        )

    def asked(self, body: Mapping[str, Any]) -> Asked:
        return reasoning.anthropic(body)

    def opening(self) -> list[bytes]:
        """What comes before any content."""
        message: dict[str, Any] = {
            "id": "msg_01",
            "type": "message",
            "role": "assistant",
            "content": [],
            "model": "claude-sonnet-4-5",
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {"input_tokens": 11, "output_tokens": 1},
        }
        return [self.frame("message_start", message=message), self.frame("ping")]

    def finish(self, reason: str) -> list[bytes]:
        """What comes after all content."""
        delta = {"stop_reason": reason, "stop_sequence": None}
        return [self.frame("message_delta", delta=delta, usage={"output_tokens": 7}), self.frame("message_stop")]

    def delta(self, index: int, delta: Mapping[str, Any]) -> bytes:
        """A piece of a block."""
        return self.frame("content_block_delta", index=index, delta=delta)

    def frame(self, kind: str, **more: Any) -> bytes:
        """One event under its name."""
        return sse({"type": kind, **more}, event=kind)

    def own_faults(self) -> list[Fault]:
        begun = self.begin("Hel", "lo")
        overloaded = self.frame("error", error={"type": "overloaded_error", "message": PROMPT})
        return [
            Fault(name="mid_error", reply=stream(*begun, overloaded), kind="overloaded", heard="Hello"),
            Fault(
                name="refusal", reply=stream(*begun, *self.finish("refusal")), kind="content_filtered", heard="Hello"
            ),
            Fault(name="length_empty", reply=stream(*self.opening(), *self.finish("max_tokens")), kind="truncated"),
            Fault(name="empty", reply=stream(*self.opening(), *self.finish("end_turn")), kind="empty"),
        ]

    def own_oddities(self) -> list[Oddity]:
        thinking = [
            self.frame("content_block_start", index=0, content_block={"type": "thinking", "thinking": ""}),
            self.delta(0, {"type": "thinking_delta", "thinking": "Hm."}),
            self.delta(0, {"type": "signature_delta", "signature": "c2lnbmVk"}),
            self.frame("content_block_stop", index=0),
            self.frame("content_block_start", index=1, content_block={"type": "text", "text": ""}),
            self.delta(1, {"type": "text_delta", "text": "Hi"}),
            self.frame("content_block_stop", index=1),
        ]
        reply = stream(*self.opening(), *thinking, *self.finish("end_turn"))
        cut = stream(*self.begin("Hi"), *self.finish("max_tokens"))
        return [
            Oddity(name="thinking", reply=reply, text="Hi", thought="Hm."),
            Oddity(name="length_mid", reply=cut, text="Hi", cut_off=True),
            *_repetition(self),
        ]


class OpenRouter(OpenAIChat):
    """https://openrouter.ai/docs/api-reference/streaming."""

    name = "openrouter"
    key = ("authorization", f"Bearer {SECRET}")

    def begin(self, *pieces: str) -> list[bytes]:
        return [self.frame({"role": "assistant", "content": piece}) for piece in pieces]

    def guard(self, request: Request) -> Reply | None:
        name, value = self.key
        return super().guard(request) if request.headers.get(name) == value else self.refused_key()

    def asked(self, body: Mapping[str, Any]) -> Asked:
        return reasoning.openrouter(body)

    def reasoned_call(self, thought: str, call: Call) -> Reply:
        """A call after a thought in signed and encrypted parts; OpenRouter repeats the text in `reasoning`."""
        head = {"type": "reasoning.text", "format": "anthropic-claude-v1", "index": 0}
        pieces = [{**head, "text": thought[:2]}, {**head, "text": thought[2:]}, {**head, "signature": "c2lnbmVk"}]
        sealed = {"type": "reasoning.encrypted", "data": "c2VhbGVk", "id": "call_1", "index": 1}
        frames = [
            self.frame({"content": "", "reasoning": piece.get("text"), "reasoning_details": [piece]})
            for piece in pieces
        ]
        tool = self.piece(call.name, json.dumps(call.arguments), index=0, id="call_1")
        frames.append(self.frame({"tool_calls": [tool], "reasoning_details": [sealed]}))
        return stream(*frames, self.frame({}, finish="tool_calls"), self.usage(), DONE)

    def own_faults(self) -> list[Fault]:
        begun = self.begin("Hel", "lo")
        error = {"code": "server_error", "message": PROMPT}
        choices = [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}]
        mid = stream(*begun, sse({"id": "gen-1", "error": error, "choices": choices}))
        return [*super().own_faults(), Fault(name="error_with_a_word", reply=mid, kind="overloaded", heard="Hello")]

    def own_oddities(self) -> list[Oddity]:
        return [*super().own_oddities(), *_repetition(self)]


class Azure(OpenRouter):
    """https://learn.microsoft.com/azure/ai-services/openai/reference."""

    name = "azure"
    key = ("api-key", SECRET)

    def asked(self, body: Mapping[str, Any]) -> Asked:
        return reasoning.openai_chat(body)

    def text(self, *pieces: str) -> Reply:
        verdicts = {"hate": {"filtered": False, "severity": "safe"}}
        filters = [{"prompt_index": 0, "content_filter_results": verdicts}]
        head = sse({"id": "", "object": "", "created": 0, "model": "", "choices": [], "prompt_filter_results": filters})
        return stream(head, *self.begin(*pieces), *self.end(*pieces))


def _repetition(dialect: Dialect) -> list[Oddity]:
    """A ruler of a table can be a hundred times the same."""
    rulers = ["-----"] * 150
    return [
        Oddity(
            name="repeated_chunk", reply=stream(*dialect.begin(*rulers), *dialect.end(*rulers)), text="".join(rulers)
        )
    ]


_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}
