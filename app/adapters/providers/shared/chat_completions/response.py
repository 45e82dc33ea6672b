"""One answer, from the frames of a chat-completions stream to the events of the Responses API."""

import time
import uuid
from collections.abc import Iterable, Sequence

from agents.items import TResponseStreamEvent
from openai.types.responses import Response, ResponseCompletedEvent, ResponseCreatedEvent, ResponseUsage

from app.adapters.providers.shared.chat_completions.message import REFUSAL, TEXT, Message
from app.adapters.providers.shared.chat_completions.output_items import Events, Item, Outputs
from app.adapters.providers.shared.chat_completions.reasoning import Thought
from app.adapters.providers.shared.chat_completions.reasoning_tags import ThoughtSplitter
from app.adapters.providers.shared.chat_completions.tool_calls import Calls
from app.adapters.providers.shared.chat_completions.wire import Chunk, Delta, Tokens
from app.ports.delta_sink import DeltaReceiver


class Answer:
    """Collects an answer and gives its events; text that is already there leaves as one delta."""

    def __init__(self, model: str, taken_call_ids: set[str], deltas: DeltaReceiver | None = None) -> None:
        self.finish_reason = ""
        self._outputs = Outputs(model)
        self.message = Message(self._outputs, deltas)
        self.calls = Calls(self._outputs, taken_call_ids)
        self._thought: Thought | None = None
        self._splitter = ThoughtSplitter()
        self._usage: Tokens | None = None
        self._id = f"resp_{uuid.uuid4().hex}"
        self._created_at = time.time()

    def created(self) -> TResponseStreamEvent:
        """The first event."""
        response = self._response("in_progress", ())
        return ResponseCreatedEvent(type="response.created", response=response, sequence_number=self._outputs.number())

    def feed(self, chunks: Iterable[Chunk]) -> Events:
        """The events of frames that were read at once."""
        run: list[str] = []
        for delta in self._deltas(chunks):
            if self._is_plain(delta):
                run.append(delta.content or "")
                continue
            yield from self._flush(run)
            yield from self._delta(delta)
        yield from self._flush(run)

    def finish(self, *, cut_off: bool = False) -> Events:
        """Close what is open, then the one `response.completed`, with the whole output and the usage; `cut_off` if its
        length limit ended it."""
        yield from self._tell(self._splitter.finish())
        yield from self._close_thought()
        yield from self.message.close()
        yield from self.calls.close()
        yield ResponseCompletedEvent(
            type="response.completed",
            response=self._response("completed", self._outputs.items(), _usage(self._usage or Tokens()), cut_off),
            sequence_number=self._outputs.number(),
        )

    def _deltas(self, chunks: Iterable[Chunk]) -> Iterable[Delta]:
        for chunk in chunks:
            self._usage = chunk.usage or self._usage
            for choice in (chunk.choices or ())[:1]:
                self.finish_reason = choice.finish_reason or self.finish_reason
                if choice.delta is not None:
                    yield choice.delta

    def _is_plain(self, delta: Delta) -> bool:
        """Text and nothing else, in the middle of text: the one case that is worth being quick about."""
        return self._thought is None and self._splitter.is_plain and delta.is_text

    def _flush(self, run: list[str]) -> Events:
        if run:
            yield from self.message.add(TEXT, "".join(run))
            run.clear()

    def _delta(self, delta: Delta) -> Events:
        if thought := delta.reasoning_content or delta.reasoning:
            yield from self._tell([(True, thought)])
        if delta.content:
            yield from self._tell(self._splitter.feed(delta.content, marked=delta.is_thought))
        if delta.refusal:
            yield from self._close_thought()
            yield from self.message.add(REFUSAL, delta.refusal)
        for piece in delta.tool_calls or ():
            yield from self._close_thought()
            yield from self.calls.add(piece)

    def _tell(self, pieces: Iterable[tuple[bool, str]]) -> Events:
        for is_thought, text in pieces:
            if is_thought:
                self._thought = self._thought or Thought(self._outputs)
                yield from self._thought.add(text)
            else:
                yield from self._close_thought()
                yield from self.message.add(TEXT, text)

    def _close_thought(self) -> Events:
        thought, self._thought = self._thought, None
        if thought is not None:
            yield from thought.close()

    def _response(
        self, status: str, output: Sequence[Item], usage: ResponseUsage | None = None, cut_off: bool = False
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
                "status": "incomplete" if cut_off else status,
                "incomplete_details": {"reason": "max_output_tokens"} if cut_off else None,
                "usage": usage,
            }
        )


def _usage(tokens: Tokens) -> ResponseUsage:
    """Zeros where the upstream counted nothing. Gemini leaves thinking out of `completion_tokens`, not of the sum."""
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
