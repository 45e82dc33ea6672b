"""The frames of a chat-completions stream, with just the fields that are used, each as lenient as upstreams need."""

from typing import Any, Final

import msgspec

from app.adapters.providers.shared.event_stream import reported as reported


class Google(msgspec.Struct, frozen=True):
    """Gemini's additions: https://ai.google.dev/gemini-api/docs/thought-signatures."""

    thought_signature: str | None = None
    thought: bool | None = None


class Extra(msgspec.Struct, frozen=True):
    """Where the additions are; Vertex AI uses a key of its own."""

    google: Google | None = None
    vertex: Google | None = None

    @property
    def signature(self) -> str:
        """The thought signature, or an empty string."""
        source = self.google or self.vertex
        return (source.thought_signature if source else None) or ""


class Function(msgspec.Struct, frozen=True):
    """A piece of a call; some servers send the arguments as an object and not as its JSON text."""

    name: str | None = None
    arguments: str | dict[str, Any] | None = None


class ToolCall(msgspec.Struct, frozen=True):
    """A piece of a tool call; Gemini leaves out `index`, and sometimes `id`."""

    index: int | None = None
    id: str | None = None
    function: Function | None = None
    extra_content: Extra | None = None


class Delta(msgspec.Struct, frozen=True):
    """What a frame adds. `reasoning_content` is DeepSeek's and vLLM's name, `reasoning` OpenRouter's and Ollama's."""

    content: str | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: list[ToolCall] | None = None
    extra_content: Extra | None = None

    @property
    def is_text(self) -> bool:
        """There is text in it and nothing that needs a closer look."""
        return bool(self.content) and not (
            self.extra_content or self.tool_calls or self.refusal or self.reasoning_content or self.reasoning
        )

    @property
    def is_thought(self) -> bool:
        """Gemini says that this content is thinking."""
        return bool(self.extra_content and self.extra_content.google and self.extra_content.google.thought)


class Choice(msgspec.Struct, frozen=True):
    """One answer; we only ever ask for one."""

    delta: Delta | None = None
    finish_reason: str | None = None
    index: int | None = None


class Cached(msgspec.Struct, frozen=True):
    """Which part of the prompt was cheap."""

    cached_tokens: int | None = None


class Thought(msgspec.Struct, frozen=True):
    """Which part of the answer was thinking."""

    reasoning_tokens: int | None = None


class Tokens(msgspec.Struct, frozen=True):
    """Tokens of the whole request so far: never to be added up over frames."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    prompt_tokens_details: Cached | None = None
    completion_tokens_details: Thought | None = None


class Chunk(msgspec.Struct, frozen=True):
    """One frame."""

    choices: list[Choice] | None = None
    usage: Tokens | None = None
    error: Any = None


DONE: Final = b"[DONE]"
_chunk = msgspec.json.Decoder(Chunk)


class UpstreamReportedError(Exception):
    """A frame holds an error and not a piece of the answer."""

    def __init__(self, body: object) -> None:
        super().__init__("the stream holds an error object")
        self.body = body


def decode(data: bytes) -> Chunk:
    """Read one frame. Raises `UpstreamReportedError`, `msgspec.DecodeError` or `UnicodeDecodeError`."""
    try:
        chunk = _chunk.decode(data)
    except msgspec.ValidationError:
        if (body := reported(data)) is not None:
            raise UpstreamReportedError(body) from None
        raise
    if chunk.error:
        raise UpstreamReportedError({"error": chunk.error})
    if chunk.choices is None and chunk.usage is None and (body := reported(data)) is not None:
        raise UpstreamReportedError(body)
    return chunk
