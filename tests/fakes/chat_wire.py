"""Chat completions as OpenAI sends them."""

import json
import re
from collections.abc import Mapping
from typing import Any

from tests.fakes import reasoning
from tests.fakes.dialects import PROMPT, Asked, Call, Dialect, Fault, Oddity
from tests.fakes.upstream import Hold, Reply, Request, Reset, sse, stream

DATA_URL = re.compile(r"data:[a-z]+/[a-z0-9.+-]+;base64,[A-Za-z0-9+/]+=*$")
DONE = b"data: [DONE]\n\n"


class OpenAIChat(Dialect):
    """https://platform.openai.com/docs/api-reference/chat-streaming."""

    name = "openai-chat"
    parts = frozenset({"text", "image_url", "file"})

    def begin(self, *pieces: str) -> list[bytes]:
        return [self.frame({"role": "assistant", "content": ""}), *(self.frame({"content": piece}) for piece in pieces)]

    def end(self, *pieces: str) -> list[bytes]:
        return [self.frame({}, finish="stop"), self.usage(), DONE]

    def calls(self, *calls: Call) -> Reply:
        frames = [self.frame({"role": "assistant", "content": None})]
        for index, call in enumerate(calls):
            arguments = json.dumps(call.arguments)
            half = len(arguments) // 2
            head = {"index": index, "id": f"call_{index}{call.name}", "type": "function"}
            frames += [
                self.frame({"tool_calls": [{**head, "function": {"name": call.name, "arguments": ""}}]}),
                self.frame({"tool_calls": [{"index": index, "function": {"arguments": arguments[:half]}}]}),
                self.frame({"tool_calls": [{"index": index, "function": {"arguments": arguments[half:]}}]}),
            ]
        return stream(*frames, self.frame({}, finish="tool_calls"), self.usage(), DONE)

    def error(self, status: int, *, code: str, message: str) -> object:
        return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}}

    def guard(self, request: Request) -> Reply | None:
        return _misplaced(request, self) or _unknown_part(request, self) or self.misasked(request.body)

    def asked(self, body: Mapping[str, Any]) -> Asked:
        return reasoning.openai_chat(body)

    def frame(self, delta: Mapping[str, Any] | None, *, finish: str | None = None, **extra: object) -> bytes:
        """One chunk; `delta` None leaves the key out."""
        choice: dict[str, object] = {"index": 0, "logprobs": None, "finish_reason": finish}
        if delta is not None:
            choice["delta"] = delta
        return sse(
            {
                "id": "chatcmpl-1",
                "object": "chat.completion.chunk",
                "created": 1752319190,
                "model": "gpt-4o-mini",
                "system_fingerprint": "fp_1",
                "choices": [choice],
                "usage": None,
                **extra,
            }
        )

    def usage(self) -> bytes:
        """The frame that `stream_options.include_usage` asks for."""
        usage = {
            "prompt_tokens": 11,
            "completion_tokens": 5,
            "total_tokens": 16,
            "prompt_tokens_details": {"cached_tokens": 3},
            "completion_tokens_details": {"reasoning_tokens": 2},
        }
        return sse({"id": "chatcmpl-1", "object": "chat.completion.chunk", "choices": [], "usage": usage})

    def own_faults(self) -> list[Fault]:
        begun = self.begin("Hel", "lo")
        length = [self.frame({}, finish="length"), DONE]
        return [
            Fault(name="finish_null_then_done", reply=stream(*begun, DONE), kind="interrupted", heard="Hello"),
            Fault(name="empty_stream", reply=stream(), kind="empty"),
            Fault(name="only_done", reply=stream(DONE), kind="empty"),
            Fault(name="empty_candidate", reply=stream(*self.end()), kind="empty"),
            Fault(name="length_empty", reply=stream(*self.begin(), *length), kind="truncated"),
            Fault(
                name="thoughts_alone",
                reply=stream(self.frame({"reasoning_content": "Hm."}), *self.end()),
                kind="empty",
            ),
            Fault(
                name="length_in_call",
                reply=stream(
                    self.frame({"tool_calls": [self.piece("weather", '{"city": "Pa', index=0, id="call_1")]}), *length
                ),
                kind="truncated",
            ),
            Fault(
                name="filter_empty",
                reply=stream(*self.begin(), self.frame({}, finish="content_filter"), DONE),
                kind="content_filtered",
            ),
            Fault(
                name="filter_with_suffix",
                reply=stream(self.frame(None, finish="content_filter: PROHIBITED_CONTENT"), DONE),
                kind="content_filtered",
            ),
            Fault(
                name="filter_mid_text",
                reply=stream(*begun, self.frame({}, finish="content_filter"), DONE),
                kind="content_filtered",
                heard="Hello",
            ),
            Fault(
                name="malformed_call",
                reply=stream(self.frame({}, finish="function_call_filter: MALFORMED_FUNCTION_CALL"), DONE),
                kind="empty",
            ),
            Fault(
                name="refusal",
                reply=stream(self.frame({"refusal": "I will "}), self.frame({"refusal": "not."}), *self.end()),
                kind="content_filtered",
                heard="I will not.",
            ),
            *self._errors_in_stream(begun),
        ]

    def _errors_in_stream(self, begun: list[bytes]) -> list[Fault]:
        error = {"code": 503, "message": PROMPT, "status": "UNAVAILABLE"}
        pretty = json.dumps([{"error": error}], indent=2).encode()
        forms = {
            "mid_error_object": sse({"error": error}),
            "mid_error_list": sse([{"error": error}]),
            "mid_error_bare_list": pretty,
            "mid_error_with_choices": sse({"error": error, "choices": [{"delta": {}, "finish_reason": "error"}]}),
            "mid_error_vllm": sse({"object": "error", "message": PROMPT, "code": 503}),
        }
        return [
            Fault(name=name, reply=stream(*begun, frame), kind="overloaded", heard="Hello")
            for name, frame in forms.items()
        ]

    def piece(self, name: str | None, arguments: str | None, **more: object) -> dict[str, object]:
        """An entry of `tool_calls`."""
        function = {key: value for key, value in {"name": name, "arguments": arguments}.items() if value is not None}
        return {"function": function, "type": "function", **more}

    def own_oddities(self) -> list[Oddity]:
        done = [self.frame({}, finish="tool_calls"), DONE]
        paris, utc = Call("weather", {"city": "Paris"}), Call("clock", {"tz": "UTC"})
        a, b = json.dumps(paris.arguments), json.dumps(utc.arguments)
        both = {
            "one_frame": [[self.piece("weather", a, id="x"), self.piece("clock", b, id="y")]],
            "two_frames": [[self.piece("weather", a, id="x")], [self.piece("clock", b, id="y")]],
            "all_index_0": [[self.piece("weather", a, id="x", index=0)], [self.piece("clock", b, id="y", index=0)]],
            "empty_ids": [[self.piece("weather", a, id=""), self.piece("clock", b, id="")]],
            "same_ids": [[self.piece("weather", a, id="x", index=0), self.piece("clock", b, id="x", index=1)]],
            "same_ids_no_index": [[self.piece("weather", a, id="x")], [self.piece("clock", b, id="x")]],
            "no_ids_all_index_0": [[self.piece("weather", a, index=0)], [self.piece("clock", b, index=0)]],
            "split_by_id": [
                [self.piece("weather", a[:5], id="x")],
                [self.piece("clock", b[:3], id="y")],
                [self.piece(None, a[5:], id="x")],
                [self.piece(None, b[3:], id="y")],
            ],
            "split_without_id": [
                [self.piece("weather", a[:5], id="x")],
                [self.piece(None, a[5:])],
                [self.piece("clock", b[:4], id="y")],
                [self.piece(None, b[4:])],
            ],
            "repeated_name": [
                [self.piece("weather", a[:5], id="x", index=0)],
                [self.piece("weather", a[5:], id="x", index=0)],
                [self.piece("clock", b, id="y", index=1)],
            ],
            "objects": [[self.piece("weather", None, id="x"), self.piece("clock", None, id="y")]],
        }
        both["objects"][0][0]["function"] = {"name": "weather", "arguments": paris.arguments}
        both["objects"][0][1]["function"] = {"name": "clock", "arguments": utc.arguments}
        return [
            *(
                Oddity(
                    name=f"calls_{name}",
                    reply=stream(*(self.frame({"tool_calls": pieces}) for pieces in frames), *done),
                    calls=[paris, utc],
                )
                for name, frames in both.items()
            ),
            *self._odd_texts(),
        ]

    def _odd_texts(self) -> list[Oddity]:
        begun = self.begin("Hel", "lo")
        stop = self.frame({}, finish="stop")
        thinking = self.frame({"role": "assistant", "content": "", "reasoning_content": "Hm, "})
        return [
            Oddity(
                name="events_without_data",
                reply=stream(b"id: 7\n\n", *begun, b"event: ping\n\n", b"data:\n\n", stop, DONE),
                text="Hello",
            ),
            Oddity(name="silent_after_its_end", reply=stream(*begun, stop, Hold()), text="Hello"),
            Oddity(name="reset_after_its_end", reply=stream(*begun, stop, Reset()), text="Hello"),
            Oddity(name="no_done", reply=stream(*begun, stop), text="Hello"),
            Oddity(name="no_final_blank_line", reply=stream(*begun, stop[:-2]), text="Hello"),
            Oddity(name="role_on_every_chunk", reply=stream(*begun, *self.begin(""), stop, DONE), text="Hello"),
            Oddity(
                name="usage_on_every_chunk",
                reply=stream(self.frame({"content": "Hello"}, usage={"prompt_tokens": 1}), self.usage(), stop, DONE),
                text="Hello",
            ),
            Oddity(name="chunk_without_choices", reply=stream(sse({"id": "x"}), *begun, stop, DONE), text="Hello"),
            Oddity(
                name="length_mid",
                reply=stream(*begun, self.frame({}, finish="length"), DONE),
                text="Hello",
                cut_off=True,
            ),
            Oddity(name="giant_delta", reply=stream(*self.begin("x" * 2_000_000), stop, DONE), text="x" * 2_000_000),
            Oddity(
                name="reasoning_content",
                reply=stream(thinking, self.frame({"reasoning_content": "well."}), *begun, stop, DONE),
                text="Hello",
                thought="Hm, well.",
            ),
            Oddity(
                name="reasoning",
                reply=stream(self.frame({"content": "", "reasoning": "Hm."}), *begun, stop, DONE),
                text="Hello",
                thought="Hm.",
            ),
            Oddity(
                name="reasoning_details",
                reply=stream(
                    self.frame({"content": "", "reasoning_details": [{"type": "reasoning.text", "text": "Hm, "}]}),
                    self.frame({"reasoning_details": [{"type": "reasoning.summary", "summary": "well."}]}),
                    self.frame({"reasoning_details": [{"type": "reasoning.encrypted", "data": "c2VhbGVk"}]}),
                    *begun,
                    stop,
                    DONE,
                ),
                text="Hello",
                thought="Hm, well.",
            ),
            Oddity(
                name="content_in_parts",
                reply=stream(
                    self.frame({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}]}),
                    self.frame({"content": [{"type": "thinking", "thinking": []}, {"type": "text", "text": "Hel"}]}),
                    self.frame({"content": "lo"}),
                    stop,
                    DONE,
                ),
                text="Hello",
                thought="Hm.",
            ),
            Oddity(
                name="torn_thought_tags",
                reply=stream(*self.begin("<th", "ou", "ght>H", "m.</tho", "ught>Hel", "lo <b>"), stop, DONE),
                text="Hello <b>",
                thought="Hm.",
            ),
        ]


class OpenModels(OpenAIChat):
    """A server of open models, such as vLLM; Kimi refuses a tool call without reasoning."""

    name = "open-models"

    def reasoned_call(self, thought: str, call: Call) -> Reply:
        """A call after a thought."""
        piece = self.piece(call.name, json.dumps(call.arguments), index=0, id="call_1")
        frames = [self.frame({"reasoning_content": thought}), self.frame({"tool_calls": [piece]})]
        return stream(*frames, self.frame({}, finish="tool_calls"), DONE)

    def guard(self, request: Request) -> Reply | None:
        for index, message in enumerate(request.body["messages"]):
            calls = message.get("tool_calls") and "kimi" in request.body["model"]
            if calls and not message.get("reasoning_content"):
                words = f"reasoning_content is missing in assistant tool call message at index {index}"
                return self.refusal(400, "invalid_request_error", words)
        return super().guard(request)

    def asked(self, body: Mapping[str, Any]) -> Asked:
        return reasoning.open_model(body)


def _unknown_part(request: Request, dialect: OpenAIChat) -> Reply | None:
    """Content of a kind that this server does not take, or an image or file that is no data."""
    for message in request.body["messages"]:
        content = message.get("content")
        for part in content if isinstance(content, list) else ():
            if part["type"] not in dialect.parts or (part["type"] != "text" and message["role"] != "user"):
                return dialect.refusal(400, "invalid_request_error", f"Invalid content part type: {part['type']}")
            data = {"image_url": ("image_url", "url"), "file": ("file", "file_data")}.get(part["type"])
            if data and not DATA_URL.match(part[data[0]][data[1]]):
                return dialect.refusal(400, "invalid_request_error", "expected a base64-encoded data URL")
            if part["type"] == "file" and not part["file"].get("filename"):
                return dialect.refusal(400, "invalid_request_error", "Missing required parameter: filename")
    return None


def _misplaced(request: Request, dialect: Dialect) -> Reply | None:
    """What every server of chat completions refuses about the order of messages."""
    waiting: set[str] = set()
    for message in request.body["messages"]:
        if message["role"] == "tool":
            if message["tool_call_id"] not in waiting:
                return dialect.refusal(400, "invalid_request_error", "a tool message must follow its call")
            waiting.discard(message["tool_call_id"])
        elif waiting:
            return dialect.refusal(400, "invalid_request_error", "a call must be followed by its result")
        elif message["role"] == "assistant":
            waiting = {call["id"] for call in message.get("tool_calls", ())}
            if not waiting and not message.get("content"):
                return dialect.refusal(400, "invalid_request_error", "an assistant message must not be empty")
    return None
