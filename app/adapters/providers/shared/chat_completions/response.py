"""Response builder: folds chat-completions chunks into events of the Responses API."""

import time
import uuid
from collections.abc import Iterable, Sequence

from agents.items import TResponseStreamEvent
from openai.types.responses import Response, ResponseCompletedEvent, ResponseCreatedEvent, ResponseUsage

from app.adapters.providers.shared.chat_completions.images import Images
from app.adapters.providers.shared.chat_completions.message import REFUSAL, TEXT, MessageItem
from app.adapters.providers.shared.chat_completions.output_items import Events, Item, OutputItems
from app.adapters.providers.shared.chat_completions.reasoning import ReasoningItem
from app.adapters.providers.shared.chat_completions.reasoning_tags import ReasoningTagSplitter
from app.adapters.providers.shared.chat_completions.tool_calls import ToolCalls
from app.adapters.providers.shared.chat_completions.wire import Chunk, Delta, Tokens
from app.ports.delta_sink import DeltaReceiver


class ResponseBuilder:
    """Builds one response and its events; text of several chunks that arrived at once becomes one delta."""

    def __init__(self, model: str, taken_call_ids: set[str], deltas: DeltaReceiver | None = None) -> None:
        self.finish_reason = ""
        self._outputs = OutputItems(model)
        self.message = MessageItem(self._outputs, deltas)
        self.calls = ToolCalls(self._outputs, taken_call_ids)
        self.images = Images(self._outputs)
        self._thought: ReasoningItem | None = None
        self._splitter = ReasoningTagSplitter()
        self._usage: Tokens | None = None
        self._id = f"resp_{uuid.uuid4().hex}"
        self._created_at = time.time()

    def created(self) -> TResponseStreamEvent:
        """Return the first event, `response.created`."""
        response = self._response("in_progress", ())
        return ResponseCreatedEvent(
            type="response.created", response=response, sequence_number=self._outputs.next_number()
        )

    def feed(self, chunks: Iterable[Chunk]) -> Events:
        """Fold chunks that arrived in one read; yield their events."""
        run: list[str] = []
        for delta in self._deltas(chunks):
            if self._is_plain(delta):
                run.append(delta.text)
                continue
            yield from self._flush(run)
            yield from self._delta(delta)
        yield from self._flush(run)

    def finish(self, *, truncated: bool = False) -> Events:
        """Close open items, then yield `response.completed` with the output and the usage. `truncated`: the length
        limit ended the response."""
        yield from self._add_pieces(self._splitter.finish())
        yield from self._close_thought()
        # An image is no answer for the Agents SDK, which would ask again after it; a message is one, also without text.
        yield from self.message.close(always=bool(self.images) and not self.calls)
        yield from self.calls.close()
        yield from self.images.close()
        yield ResponseCompletedEvent(
            type="response.completed",
            response=self._response("completed", self._outputs.items(), _usage(self._usage or Tokens()), truncated),
            sequence_number=self._outputs.next_number(),
        )

    def _deltas(self, chunks: Iterable[Chunk]) -> Iterable[Delta]:
        for chunk in chunks:
            self._usage = chunk.usage or self._usage
            for choice in (chunk.choices or ())[:1]:
                self.finish_reason = choice.finish_reason or self.finish_reason
                if choice.delta is not None:
                    yield choice.delta

    def _is_plain(self, delta: Delta) -> bool:
        """True for a text-only delta within a text: the fast path."""
        return self._thought is None and self._splitter.is_plain and delta.is_text

    def _flush(self, run: list[str]) -> Events:
        if run:
            yield from self.message.add(TEXT, "".join(run))
            run.clear()

    def _delta(self, delta: Delta) -> Events:
        if delta.reasoning_details:
            self.calls.details.add(delta.reasoning_details)
        if thought := delta.thought:
            yield from self._add_pieces([(True, thought)])
        if text := delta.text:
            yield from self._add_pieces(self._splitter.feed(text, marked=delta.is_thought))
        if delta.refusal:
            yield from self._close_thought()
            yield from self.message.add(REFUSAL, delta.refusal)
        if delta.annotations:
            yield from self.message.cite(delta.annotations)
        if delta.images:
            self.images.add(delta.images)
        for piece in delta.tool_calls or ():
            yield from self._close_thought()
            yield from self.calls.add(piece)

    def _add_pieces(self, pieces: Iterable[tuple[bool, str]]) -> Events:
        for is_thought, text in pieces:
            if is_thought:
                self._thought = self._thought or ReasoningItem(self._outputs)
                yield from self._thought.add(text)
            else:
                yield from self._close_thought()
                yield from self.message.add(TEXT, text)

    def _close_thought(self) -> Events:
        thought, self._thought = self._thought, None
        if thought is not None:
            yield from thought.close()

    def _response(
        self, status: str, output: Sequence[Item], usage: ResponseUsage | None = None, truncated: bool = False
    ) -> Response:
        return Response.model_validate(
            {
                "id": self._id,
                "object": "response",
                "created_at": self._created_at,
                "model": self._outputs.model,
                "output": output,
                "parallel_tool_calls": False,
                "tool_choice": "auto",
                "tools": [],
                "status": "incomplete" if truncated else status,
                "incomplete_details": {"reason": "max_output_tokens"} if truncated else None,
                "usage": usage,
            }
        )


def _usage(tokens: Tokens) -> ResponseUsage:
    """Token usage; zeros where the upstream sent none. Gemini counts reasoning only in `total_tokens`."""
    prompt, completion = tokens.prompt_tokens or 0, tokens.completion_tokens or 0
    total = max(tokens.total_tokens or 0, prompt + completion)
    thinking = (tokens.completion_tokens_details.reasoning_tokens if tokens.completion_tokens_details else None) or 0
    cached = (tokens.prompt_tokens_details.cached_tokens if tokens.prompt_tokens_details else None) or 0
    return ResponseUsage.model_validate(
        {
            "input_tokens": prompt,
            "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": 0},
            "output_tokens": total - prompt,
            "output_tokens_details": {"reasoning_tokens": max(thinking, total - prompt - completion)},
            "total_tokens": total,
        }
    )
