"""Chat completions as Gemini sends them, and what it refuses.

The shapes follow https://ai.google.dev/gemini-api/docs/openai and captures of live answers in public issues.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.fakes import reasoning
from tests.fakes.chat_wire import DONE, OpenAIChat
from tests.fakes.dialects import PROMPT, SECRET, Asked, Call, Fault, Oddity
from tests.fakes.upstream import Reply, Request, json_reply, sse, stream

_PARAMETERS = {"model", "messages", "stream", "stream_options", "tools", "tool_choice", "temperature", "top_p"} | {
    "max_tokens",
    "stop",
    "n",
    "response_format",
    "reasoning_effort",
    "extra_body",
}
_SCHEMA_WORDS = {"$schema", "$defs", "$ref", "title", "default", "additionalProperties", "const"}
BYPASS = "skip_thought_signature_validator"


class GeminiChat(OpenAIChat):
    """Alphabetical keys, no index in calls, the count of tokens in the last frame, errors in a list."""

    name = "gemini"
    # https://github.com/BerriAI/litellm/issues/11529 has its answer to a file.
    parts = frozenset({"text", "image_url"})

    def begin(self, *pieces: str) -> list[bytes]:
        return [self.frame({"content": piece, "role": "assistant"}) for piece in pieces]

    def end(self, *pieces: str) -> list[bytes]:
        return [self.frame({"role": "assistant"}, finish="stop", usage=self.tokens()), DONE]

    def calls(self, *calls: Call) -> Reply:
        pieces = []
        for number, call in enumerate(calls):
            piece = self.piece(call.name, json.dumps(call.arguments), id=f"function-call-{number}{call.name}")
            if number == 0:  # Of calls made at once only the first is signed.
                piece["extra_content"] = {"google": {"thought_signature": f"signed-{call.name}"}}
            pieces.append(piece)
        call_frame = self.frame({"role": "assistant", "tool_calls": pieces})
        return stream(call_frame, *self.end())

    def error(self, status: int, *, code: str, message: str) -> object:
        error: dict[str, Any] = {"code": status, "message": message, "status": _STATUS.get(status, "UNKNOWN")}
        return [{"error": error}]

    def refused_key(self) -> Reply:
        body = self.error(400, code="", message=f"API key not valid. Please pass a valid API key. {SECRET} {PROMPT}")
        body[0]["error"]["details"] = [  # type: ignore[index]  # built by us just above
            {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
        ]
        return json_reply(400, body)

    def frame(self, delta: Mapping[str, Any] | None, *, finish: str | None = None, **extra: object) -> bytes:
        choice: dict[str, object] = {"index": 0}
        if delta is not None:
            choice["delta"] = {key: delta[key] for key in sorted(delta)}
        if finish:
            choice["finish_reason"] = finish
        payload = {"choices": [dict(sorted(choice.items()))], "created": 1752319190, "id": "1URyaLjuGKiqmtkPj86KuAI"}
        return sse(payload | {"model": "gemini-2.5-flash", "object": "chat.completion.chunk"} | extra)

    def tokens(self) -> dict[str, int]:
        """Thinking is in the sum and nowhere else."""
        return {"completion_tokens": 24, "prompt_tokens": 11, "total_tokens": 561}

    def usage(self) -> bytes:
        return self.frame({"role": "assistant"}, usage=self.tokens())

    def guard(self, request: Request) -> Reply | None:
        body = request.body
        for name in body:
            if name not in _PARAMETERS:
                return self._invalid(f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.')
        for tool in body.get("tools", ()):
            function = tool["function"]
            if "strict" in function:
                return self._invalid('Invalid JSON payload received. Unknown name "strict": Cannot find field.')
            for word in _keywords(function.get("parameters", {})):
                if word in _SCHEMA_WORDS:
                    return self._invalid(f'Unknown name "{word}" at tools: Cannot find field.')
        return super().guard(request) or self._unsigned(body)

    def asked(self, body: Mapping[str, Any]) -> Asked:
        return reasoning.gemini_chat(body)

    def _unsigned(self, body: Mapping[str, Any]) -> Reply | None:
        """Since Gemini 3, calls after the user's last words need a signature on the first of each batch."""
        if "gemini-3" not in body["model"]:
            return None
        messages = body["messages"]
        last = max((index for index, message in enumerate(messages) if message["role"] == "user"), default=-1)
        for message in messages[last + 1 :]:
            for call in message.get("tool_calls", ())[:1]:
                signature = call.get("extra_content", {}).get("google", {}).get("thought_signature", "")
                if signature != BYPASS and not signature.startswith("signed-"):
                    return self._invalid("Function call is missing a thought_signature in functionCall parts.")
        return None

    def _invalid(self, message: str) -> Reply:
        return self.refusal(400, "", message)

    def own_faults(self) -> list[Fault]:
        quota: list[dict[str, Any]] = [
            {"violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}
        ]
        minute: list[dict[str, Any]] = [
            {"violations": [{"quotaId": "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"}]},
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "41s"},
        ]
        return [
            Fault(name="quota_per_day", reply=self._with_details(quota), kind="no_quota"),
            Fault(name="quota_per_minute", reply=self._with_details(minute), kind="rate_limited"),
            Fault(
                name="too_long",
                reply=self._invalid("The input token count (9) exceeds the maximum number of tokens allowed (8)."),
                kind="context_too_long",
            ),
            Fault(
                name="location",
                reply=json_reply(400, [{"error": {"code": 400, "status": "FAILED_PRECONDITION", "message": "where"}}]),
                kind="rejected",
            ),
            Fault(
                name="native_error_without_list",
                reply=json_reply(503, {"error": {"code": 503, "status": "UNAVAILABLE", "message": PROMPT}}),
                kind="overloaded",
            ),
            *super().own_faults(),
        ]

    def _with_details(self, details: list[dict[str, Any]]) -> Reply:
        error = {"code": 429, "message": "You exceeded your quota.", "status": "RESOURCE_EXHAUSTED"}
        return json_reply(429, [{"error": {**error, "details": details}}])

    def own_oddities(self) -> list[Oddity]:
        call = Call("weather", {"city": "Paris"})
        piece = self.piece(call.name, json.dumps(call.arguments), id="")
        signature = {"google": {"thought_signature": "signed-later"}}
        thought = {"google": {"thought": True}}
        return [
            Oddity(
                name="calls_finished_by_stop",
                reply=stream(self.frame({"tool_calls": [piece]}), self.frame({"content": ""}, finish="stop"), DONE),
                calls=[call],
            ),
            Oddity(
                name="signature_alone",
                reply=stream(
                    self.frame({"tool_calls": [piece]}),
                    self.frame({"tool_calls": [{"extra_content": signature}]}),
                    *self.end(),
                ),
                calls=[call],
            ),
            Oddity(
                name="signed_text",
                reply=stream(
                    *self.begin("Hello"), self.frame({"content": None, "extra_content": signature}), *self.end()
                ),
                text="Hello",
            ),
            Oddity(
                name="marked_thoughts",
                reply=stream(
                    self.frame({"content": "<thought>Hm, ", "extra_content": thought}),
                    self.frame({"content": "well.", "extra_content": thought}),
                    self.frame({"content": "</thought>Hel"}),
                    *self.begin("lo"),
                    *self.end(),
                ),
                text="Hello",
                thought="Hm, well.",
            ),
            *super().own_oddities(),
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


def _keywords(schema: object, *, names: bool = False) -> Iterator[str]:
    """The keywords of a schema, without the names of properties."""
    if isinstance(schema, Mapping):
        for key, value in schema.items():
            if not names:
                yield key
            yield from _keywords(value, names=key == "properties" and not names)
    elif isinstance(schema, list):
        for value in schema:
            yield from _keywords(value)
