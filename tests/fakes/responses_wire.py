"""OpenAI's Responses API, as its servers stream it."""

import itertools
import json
from collections.abc import Mapping, Sequence
from typing import Any

from tests.fakes import reasoning
from tests.fakes.chat_wire import DATA_URL
from tests.fakes.dialects import PROMPT, Asked, Call, Dialect, Fault, Oddity
from tests.fakes.upstream import Reply, Request, sse, stream

_PLAIN = {"message", "function_call", "function_call_output", "reasoning"}
_REASONS = ("gpt-5", "o1", "o3", "o4")


class Responses(Dialect):
    """https://platform.openai.com/docs/api-reference/responses-streaming."""

    name = "openai-responses"

    def __init__(self) -> None:
        self._calls = itertools.count()
        self._events = itertools.count()

    def event(self, kind: str, **fields: Any) -> bytes:
        """One event; its name stands in both places."""
        return sse({"type": kind, "sequence_number": next(self._events), **fields}, event=kind)

    def response(self, status: str, output: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
        """The response object."""
        return {
            "id": "resp_1",
            "object": "response",
            "created_at": 1752319190,
            "model": "gpt-4o-mini",
            "status": status,
            "output": output,
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [],
            "usage": {
                "input_tokens": 11,
                "input_tokens_details": {"cached_tokens": 3, "cache_write_tokens": 0},
                "output_tokens": 5,
                "output_tokens_details": {"reasoning_tokens": 2},
                "total_tokens": 16,
            },
            **more,
        }

    def begin(self, *pieces: str) -> list[bytes]:
        return [*self._opened(), *(self._about("response.output_text.delta", delta=piece) for piece in pieces)]

    def end(self, *pieces: str) -> list[bytes]:
        text = "".join(pieces)
        message = self._message(text)
        return [
            self._about("response.output_text.done", text=text),
            self._about("response.content_part.done", part=message["content"][0]),
            self.event("response.output_item.done", output_index=0, item=message),
            self.event("response.completed", response=self.response("completed", [message])),
        ]

    def calls(self, *calls: Call) -> Reply:
        frames, items = self._created(), []
        for place, call in enumerate(calls):
            arguments = json.dumps(call.arguments)
            number = next(self._calls)
            item = {"type": "function_call", "id": f"fc_{number}", "call_id": f"call_{number}", "name": call.name}
            where = {"item_id": item["id"], "output_index": place}
            items.append({**item, "arguments": arguments, "status": "completed"})
            empty = {**item, "arguments": "", "status": "in_progress"}
            frames += [
                self.event("response.output_item.added", output_index=place, item=empty),
                self.event("response.function_call_arguments.delta", delta=arguments[:5], **where),
                self.event("response.function_call_arguments.delta", delta=arguments[5:], **where),
                self.event("response.function_call_arguments.done", arguments=arguments, name=call.name, **where),
                self.event("response.output_item.done", output_index=place, item=items[-1]),
            ]
        return stream(*frames, self.event("response.completed", response=self.response("completed", items)))

    def error(self, status: int, *, code: str, message: str) -> object:
        return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}}

    def guard(self, request: Request) -> Reply | None:
        body = request.body
        if body.get("store") is not False:
            return self._invalid("nothing may be stored")
        if "reasoning.encrypted_content" in (body.get("include") or ()) and not body["model"].startswith(_REASONS):
            return self._invalid("Encrypted content is not supported with this model.")
        if wrong := self.misasked(body):
            return wrong
        items = [{"role": "user"}] if isinstance(body["input"], str) else body["input"]
        calls: set[str] = set()
        for index, item in enumerate(items):
            problem = self._problem(item, items[index + 1 : index + 2], calls)
            if problem:
                return self._invalid(problem)
        results = {item["call_id"] for item in items if item.get("type") == "function_call_output"}
        return self._invalid("No tool output found for function call.") if calls - results else None

    def asked(self, body: Mapping[str, Any]) -> Asked:
        return reasoning.responses(body)

    def _problem(self, item: dict[str, Any], following: list[dict[str, Any]], calls: set[str]) -> str:
        if "provider_data" in item:
            return "Unknown parameter: 'provider_data'."
        content = item.get("content")
        for part in content if isinstance(content, list) and item.get("role") == "user" else ():
            if wrong := _wrong_part(part):
                return wrong
        match item.get("type"):
            case "function_call":
                calls.add(item["call_id"])
                json.loads(item["arguments"])
            case "function_call_output" if item["call_id"] not in calls:
                return "No tool call found for function call output."
            case "reasoning" if not item["id"].startswith("rs_") or not item.get("encrypted_content"):
                return "Item with id 'rs_…' not found. Items are not persisted when `store` is set to false."
            case "reasoning" if not following or following[0].get("type") == "function_call_output":
                return "Item of type 'reasoning' was provided without its required following item."
            case str(kind) if kind not in _PLAIN:
                return _hosted_problem(item)
            case "message" | None if item.get("id"):
                return "Item with id 'msg_…' not found. Items are not persisted when `store` is set to false."
        return ""

    def _invalid(self, message: str) -> Reply:
        return self.refusal(400, "invalid_value", message)

    def own_faults(self) -> list[Fault]:
        begun = self.begin("Hel", "lo")
        overloaded = {"code": "server_error", "message": PROMPT}
        failed = self.response("failed", [], error=overloaded)
        long = self.response("incomplete", [], incomplete_details={"reason": "max_output_tokens"})
        filtered = self.response("incomplete", [], incomplete_details={"reason": "content_filter"})
        nothing = self.response("completed", [])
        return [
            Fault(name="empty_stream", reply=stream(), kind="empty"),
            Fault(name="only_created", reply=stream(*self._created()), kind="interrupted"),
            Fault(
                name="completed_empty",
                reply=stream(*self._created(), self.event("response.completed", response=nothing)),
                kind="empty",
            ),
            Fault(
                name="failed",
                reply=stream(*begun, self.event("response.failed", response=failed)),
                kind="overloaded",
                heard="Hello",
            ),
            Fault(
                name="flat_error",
                reply=stream(*begun, self.event("error", **overloaded)),
                kind="overloaded",
                heard="Hello",
            ),
            Fault(
                name="nested_error",
                reply=stream(*begun, self.event("error", error=overloaded)),
                kind="overloaded",
                heard="Hello",
            ),
            Fault(
                name="quota_in_stream",
                reply=stream(*self._created(), self.event("error", code="insufficient_quota", message=PROMPT)),
                kind="no_quota",
            ),
            Fault(
                name="incomplete_empty",
                reply=stream(*self._created(), self.event("response.incomplete", response=long)),
                kind="truncated",
            ),
            Fault(
                name="filtered",
                reply=stream(*begun, self.event("response.incomplete", response=filtered)),
                kind="content_filtered",
                heard="Hello",
            ),
            Fault(name="thoughts_alone", reply=self.reasoned(["Hm."], ""), kind="empty"),
            Fault(name="refusal", reply=self._refusal("I will ", "not."), kind="content_filtered", heard="I will not."),
        ]

    def own_oddities(self) -> list[Oddity]:
        begun = self.begin("Hel", "lo")
        message = self._message("Hello")
        cut = self.response("incomplete", [message], incomplete_details={"reason": "max_output_tokens"})
        return [
            Oddity(
                name="cut_at_its_length",
                reply=stream(
                    *begun,
                    *self.end("Hel", "lo")[:-1],
                    self.event("response.incomplete", response=cut),
                ),
                text="Hello",
                cut_off=True,
            ),
            Oddity(name="done_marker", reply=stream(*begun, *self.end("Hel", "lo"), b"data: [DONE]\n\n"), text="Hello"),
            Oddity(name="reasoning", reply=self.reasoned(["Hm."], "Hello"), text="Hello", thought="Hm."),
            Oddity(
                name="reasoning_parts", reply=self.reasoned(["Hm. ", "Well."], "Hi"), text="Hi", thought="Hm. Well."
            ),
            Oddity(name="raw_reasoning", reply=self.reasoned(["Hm."], "Hi", raw=True), text="Hi", thought="Hm."),
        ]

    def reasoned(self, parts: Sequence[str], text: str, *, raw: bool = False) -> Reply:
        """An answer after thoughts, each part in two deltas: summaries, or with `raw` what an open model thinks.

        Without a text the response ends with its thoughts.
        """
        kind, index = ("reasoning_text", "content_index") if raw else ("reasoning_summary_text", "summary_index")
        item: dict[str, Any] = {"id": "rs_1", "type": "reasoning", "summary": []}
        frames = [*self._created(), self.event("response.output_item.added", output_index=0, item=item)]
        for number, part in enumerate(parts):
            where = {"item_id": "rs_1", "output_index": 0, index: number}
            half, summary = len(part) // 2, {"type": "summary_text", "text": part}
            if not raw:
                added = {"type": "summary_text", "text": ""}
                frames.append(self.event("response.reasoning_summary_part.added", part=added, **where))
            frames += [
                self.event(f"response.{kind}.delta", delta=part[:half], **where),
                self.event(f"response.{kind}.delta", delta=part[half:], **where),
                self.event(f"response.{kind}.done", text=part, **where),
            ]
            if not raw:
                frames.append(self.event("response.reasoning_summary_part.done", part=summary, **where))
        if raw:
            whole = {**item, "content": [{"type": "reasoning_text", "text": part} for part in parts]}
        else:
            summaries = [{"type": "summary_text", "text": part} for part in parts]
            whole = {**item, "summary": summaries, "encrypted_content": "gAAAA"}
        frames.append(self.event("response.output_item.done", output_index=0, item=whole))
        message = self._message(text)
        if text:
            frames += [
                *self._opened(1)[len(self._created()) :],
                self._about("response.output_text.delta", 1, delta=text),
                self._about("response.output_text.done", 1, text=text),
                self._about("response.content_part.done", 1, part=message["content"][0]),
                self.event("response.output_item.done", output_index=1, item=message),
            ]
        output = [whole, message] if text else [whole]
        return stream(*frames, self.event("response.completed", response=self.response("completed", output)))

    def _refusal(self, *pieces: str) -> Reply:
        said = {"type": "refusal", "refusal": "".join(pieces)}
        message = {**self._message(""), "content": [said]}
        empty = {**message, "status": "in_progress", "content": []}
        return stream(
            *self._created(),
            self.event("response.output_item.added", output_index=0, item=empty),
            self._about("response.content_part.added", part={"type": "refusal", "refusal": ""}),
            *(self._about("response.refusal.delta", delta=piece) for piece in pieces),
            self._about("response.refusal.done", refusal=said["refusal"]),
            self._about("response.content_part.done", part=said),
            self.event("response.output_item.done", output_index=0, item=message),
            self.event("response.completed", response=self.response("completed", [message])),
        )

    def _created(self) -> list[bytes]:
        response = self.response("in_progress", [], usage=None)
        return [self.event(f"response.{kind}", response=response) for kind in ("created", "in_progress")]

    def _opened(self, place: int = 0) -> list[bytes]:
        empty = {**self._message(""), "status": "in_progress", "content": []}
        part = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
        return [
            *self._created(),
            self.event("response.output_item.added", output_index=place, item=empty),
            self._about("response.content_part.added", place, part=part),
        ]

    def _about(self, kind: str, place: int = 0, **fields: Any) -> bytes:
        extra: dict[str, Any] = {"logprobs": []} if kind.startswith("response.output_text") else {}
        return self.event(kind, item_id="msg_1", output_index=place, content_index=0, **extra, **fields)

    def _message(self, text: str) -> dict[str, Any]:
        content = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
        return {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [content]}


def _hosted_problem(item: dict[str, Any]) -> str:
    if item["type"] == "image_generation_call" and not item.get("result"):
        return "Item with id 'ig_…' not found. Items are not persisted when `store` is set to false."
    return "" if item.get("id") else "Missing required parameter: 'input[1].id'."


def _wrong_part(part: dict[str, Any]) -> str:
    match part["type"]:
        case "input_text":
            return ""
        case "input_image" if part.get("detail") in {"auto", "low", "high"} and DATA_URL.match(part["image_url"]):
            return ""
        case "input_file" if part.get("filename") and DATA_URL.match(part["file_data"]):
            return ""
        case kind:
            return f"Invalid value in input content: {kind!r}."
