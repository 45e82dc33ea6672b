"""Wire of chat completions: the fields in use, each as lenient as upstreams need."""

from typing import Any, Final

import msgspec

from app.adapters.providers.shared.event_stream import error_object as error_object


class Google(msgspec.Struct, frozen=True):
    """Gemini's additions: https://ai.google.dev/gemini-api/docs/thought-signatures."""

    thought_signature: str | None = None
    thought: bool | None = None


class Extra(msgspec.Struct, frozen=True):
    """Container of Gemini's additions; Vertex AI uses another key."""

    google: Google | None = None
    vertex: Google | None = None

    @property
    def signature(self) -> str:
        """The thought signature, or an empty string."""
        source = self.google or self.vertex
        return (source.thought_signature if source else None) or ""


class Function(msgspec.Struct, frozen=True):
    """Function of a call delta; some servers send the arguments as an object instead of JSON text."""

    name: str | None = None
    arguments: str | dict[str, Any] | None = None


class ToolCall(msgspec.Struct, frozen=True):
    """Delta of a tool call; Gemini omits `index`, and sometimes `id`."""

    index: int | None = None
    id: str | None = None
    function: Function | None = None
    extra_content: Extra | None = None


class Part(msgspec.Struct, frozen=True):
    """Part of a content list: Mistral's reasoning models send one, with `thinking` parts inside."""

    text: str | None = None
    thinking: "str | list[Part] | None" = None

    @property
    def thought(self) -> str:
        """The text of a thinking part."""
        if isinstance(self.thinking, list):
            return "".join(part.text or "" for part in self.thinking)
        return self.thinking or ""


class Delta(msgspec.Struct, frozen=True):
    """Delta of a chunk. `reasoning_content` is DeepSeek's and vLLM's name, `reasoning` OpenRouter's and Ollama's.

    `reasoning_details` are OpenRouter's: thoughts in parts, some of them signed or encrypted. `annotations` and
    `images` differ between servers, so `citations.py` and `images.py` read them.
    """

    content: str | list[Part] | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    reasoning_details: list[dict[str, Any]] | None = None
    tool_calls: list[ToolCall] | None = None
    extra_content: Extra | None = None
    annotations: Any = None
    images: Any = None

    @property
    def is_text(self) -> bool:
        """True when the delta holds text only."""
        return isinstance(self.content, str) and not (
            not self.content
            or self.extra_content
            or self.tool_calls
            or self.refusal
            or self.reasoning_content
            or self.reasoning
            or self.reasoning_details
            or self.annotations
            or self.images
        )

    @property
    def text(self) -> str:
        """The text of the content."""
        if isinstance(self.content, list):
            return "".join(part.text or "" for part in self.content)
        return self.content or ""

    @property
    def thought(self) -> str:
        """The reasoning in fields of its own. Servers repeat it in several fields; the first counts."""
        if thought := self.reasoning_content or self.reasoning:
            return thought
        if isinstance(self.content, list):
            return "".join(part.thought for part in self.content)
        details = self.reasoning_details or ()
        return "".join(str(detail.get("text") or detail.get("summary") or "") for detail in details)

    @property
    def is_thought(self) -> bool:
        """True when Gemini marks the content as reasoning."""
        return bool(self.extra_content and self.extra_content.google and self.extra_content.google.thought)


class Choice(msgspec.Struct, frozen=True):
    """Choice of a response; requests ask for one."""

    delta: Delta | None = None
    finish_reason: str | None = None
    index: int | None = None


class InputTokenDetails(msgspec.Struct, frozen=True):
    """Cached tokens of the prompt."""

    cached_tokens: int | None = None


class OutputTokenDetails(msgspec.Struct, frozen=True):
    """Reasoning tokens of the answer."""

    reasoning_tokens: int | None = None


class Tokens(msgspec.Struct, frozen=True):
    """Tokens of the whole request so far; do not add them up over chunks."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    prompt_tokens_details: InputTokenDetails | None = None
    completion_tokens_details: OutputTokenDetails | None = None


class Chunk(msgspec.Struct, frozen=True):
    """Chunk: one frame of the stream."""

    choices: list[Choice] | None = None
    usage: Tokens | None = None
    error: Any = None


DONE: Final = b"[DONE]"
_chunk = msgspec.json.Decoder(Chunk)


class UpstreamReportedError(Exception):
    """A frame holds an error object instead of a chunk."""

    def __init__(self, body: object) -> None:
        super().__init__("the stream holds an error object")
        self.body = body


def decode(data: bytes) -> Chunk:
    """Decode one frame. Raises `UpstreamReportedError`, `msgspec.DecodeError` or `UnicodeDecodeError`."""
    try:
        chunk = _chunk.decode(data)
    except msgspec.ValidationError:
        if (body := error_object(data)) is not None:
            raise UpstreamReportedError(body) from None
        raise
    if chunk.error:
        raise UpstreamReportedError({"error": chunk.error})
    if chunk.choices is None and chunk.usage is None and (body := error_object(data)) is not None:
        raise UpstreamReportedError(body)
    return chunk
