"""The plain endpoint's format: a message in, text out, over ChatKit's requests and events."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator

import msgspec

from app.domain.errors import AnyportError


class PlainAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The complete answer."""

    type: str = "message"
    content: str
    done: bool = True


class _Option(msgspec.Struct, frozen=True):
    value: str


class _Question(msgspec.Struct, frozen=True):
    question: str
    options: list[_Option] = []


class _Part(msgspec.Struct, frozen=True):
    """The fields of ChatKit's events that the plain form needs."""

    id: str = ""
    type: str = ""
    delta: str = ""
    inputs: list[_Question] = []


class _Event(msgspec.Struct):
    type: str
    thread: _Part = _Part()
    item: _Part = _Part()
    update: _Part = _Part()
    message: str = ""


NO_PAGE = "To answer this I would have to ask the page around the chat, and there is none here."

_ASKS = frozenset({"structured_input", "client_tool_call"})
_events = msgspec.json.Decoder(_Event)


def chatkit_request(text: str, thread_id: str | None) -> bytes:
    """The ChatKit request that sends `text`, to a new thread or to an existing one."""
    message = {"content": [{"type": "input_text", "text": text}], "attachments": [], "inference_options": {}}
    if thread_id is None:
        return msgspec.json.encode({"type": "threads.create", "params": {"input": message}})
    params = {"input": message, "thread_id": thread_id}
    return msgspec.json.encode({"type": "threads.add_user_message", "params": params})


def thread_id_of(first_event: bytes) -> str:
    """The id in the `thread.created` event that begins a new thread's stream."""
    return next(event.thread.id for event in _parse(first_event))


async def translate(events: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """Frames of `{"text": …}`, then `{"done": true}`; `{"error": …}` before it when the turn failed."""
    async for piece in _pieces(events):
        yield _frame({"error": piece.message} if isinstance(piece, AnyportError) else {"text": piece})
    yield _frame({"done": True})


async def collect(events: AsyncIterator[bytes]) -> PlainAnswer:
    """The complete text. Raises `AnyportError` when the turn failed."""
    texts = []
    async for piece in _pieces(events):
        if isinstance(piece, AnyportError):
            raise piece
        texts.append(piece)
    return PlainAnswer(content="".join(texts))


async def _pieces(events: AsyncIterator[bytes]) -> AsyncGenerator[str | AnyportError, None]:
    """The text deltas, an empty line between two messages, and the error of a failed turn.

    A form becomes text, for an answer in words; a client tool call becomes `NO_PAGE`.
    """
    shown = False
    async for chunk in events:
        for event in _parse(chunk):
            match event.type:
                case "thread.item.added" if event.item.type == "assistant_message" and shown:
                    yield "\n\n"
                case "thread.item.updated" if event.update.delta:
                    shown = True
                    yield event.update.delta
                case "thread.item.done" if event.item.type in _ASKS:
                    yield ("\n\n" if shown else "") + (_asked(event.item) or NO_PAGE)
                case "error":
                    yield AnyportError(event.message)


def _asked(form: _Part) -> str:
    lines = []
    for asked in form.inputs:
        lines += [asked.question, *(f"- {option.value}" for option in asked.options)]
    return "\n".join(lines)


def _parse(chunk: bytes) -> Iterator[_Event]:
    for frame in chunk.split(b"\n\n"):
        if frame.startswith(b"data: "):
            yield _events.decode(frame.removeprefix(b"data: "))


def _frame(data: dict[str, object]) -> bytes:
    return b"data: " + msgspec.json.encode(data) + b"\n\n"
