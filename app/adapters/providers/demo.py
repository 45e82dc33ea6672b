"""A provider without a network, for trying everything else: it talks word by word and calls the real tools."""

import asyncio
import datetime as dt
import json
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, cast
from uuid import uuid4

import msgspec
from agents import Model, ModelResponse, Tool, Usage
from agents.items import TResponseInputItem, TResponseStreamEvent

from app.adapters.providers._chat_completions.answer import Answer
from app.adapters.providers._chat_completions.message import TEXT
from app.adapters.providers._chat_completions.wire import Chunk, Function, Tokens, ToolCall
from app.adapters.providers._demo_answers import small_talk, spoken_of, tool_talk
from app.adapters.providers._demo_phrases import Call, means_it, understand
from app.environment import env
from app.ports.model_provider import Capabilities, ModelInfo, ModelProvider, ProviderPlugin

NAME: Final = "demo"
_CHARACTERS_PER_TOKEN: Final = 4


class DemoSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How the demo talks."""

    delay_ms: Annotated[
        int,
        env(
            "DEMO_DELAY_MS",
            help="Milliseconds the demo takes for a word.",
            expects="a number from 0 to 1000",
            ge=0,
            le=1000,
        ),
    ] = 20


def utc_today() -> dt.date:
    """Today, in UTC."""
    return dt.datetime.now(dt.UTC).date()


class DemoModel(Model):
    """Knows nothing but what it is given: the input and the tools. The same input gets the same answer."""

    def __init__(self, delay: float, today: Callable[[], dt.date]) -> None:
        self._delay = delay
        self._today = today

    async def stream_response(
        self,
        system_instructions: str | None,
        input: str | list[TResponseInputItem],
        model_settings: object,
        tools: Sequence[Tool],
        *args: Any,
        **kwargs: Any,
    ) -> AsyncGenerator[TResponseStreamEvent, None]:
        """Say something or call a tool."""
        items = _items(input)
        answer = Answer(NAME, set())
        yield answer.created()
        call = self._call(items, {tool.name for tool in tools})
        said = "" if call else _said(items)
        for word in _words(said):
            for event in answer.message.add(TEXT, word):
                yield event
            await asyncio.sleep(self._delay)
        if call:
            for event in answer.calls.add(_wire(call)):
                yield event
        for event in (*answer.feed([_usage(items, said)]), *answer.finish()):
            yield event

    async def get_response(self, *args: Any, **kwargs: Any) -> ModelResponse:
        """The same, at once."""
        completed: Any = None
        async for event in self.stream_response(*args, **kwargs):
            completed = event
        response = completed.response
        usage = Usage(requests=1, input_tokens=response.usage.input_tokens, output_tokens=response.usage.output_tokens)
        return ModelResponse(output=response.output, usage=usage, response_id=None)

    def _call(self, items: Sequence[Mapping[str, Any]], tools: set[str]) -> Call | None:
        call = None if _results(items) else understand(_asked(items), self._today())
        if call is None or call.tool not in tools:
            return None
        task = call.arguments.get("task")
        if task and means_it(task) and (last := _last_task(items)):
            return Call(call.tool, {**call.arguments, "task": last})
        return call


class DemoProvider(ModelProvider):
    """One model, in this process."""

    name = NAME
    default_model = NAME
    base_url = None

    def __init__(self, settings: DemoSettings, today: Callable[[], dt.date] = utc_today) -> None:
        self._model = DemoModel(settings.delay_ms / 1000, today)

    def models(self) -> Sequence[ModelInfo]:
        """The demo."""
        return [ModelInfo(name=NAME, capabilities=Capabilities(parallel_tools=False))]

    def model(self, name: str) -> Model:
        """The demo, whatever it is called."""
        return self._model

    async def check(self) -> None:
        """It is always there."""

    async def aclose(self) -> None:
        """There is nothing to close."""


def _items(model_input: str | Sequence[TResponseInputItem]) -> Sequence[Mapping[str, Any]]:
    if isinstance(model_input, str):
        return [{"role": "user", "content": model_input}]
    return cast(Sequence[Mapping[str, Any]], model_input)


def _said(items: Sequence[Mapping[str, Any]]) -> str:
    results = _results(items)
    return tool_talk(results) if results else small_talk(_asked(items))


def _results(items: Sequence[Mapping[str, Any]]) -> list[str]:
    """The tools' results that the input ends with."""
    results: list[str] = []
    for item in reversed(items):
        if item.get("type") != "function_call_output":
            break
        results.insert(0, str(item["output"]))
    return results


def _asked(items: Sequence[Mapping[str, Any]]) -> str:
    """The user's newest message: the first of those behind the last answer, for what follows it only explains it."""
    asked = ""
    for item in reversed(items):
        if item.get("role") != "user":
            break
        text = _text(item["content"])
        if not text.startswith(("<HiddenContext>", "Hidden context")):
            asked = text
    return asked


def _text(content: str | Sequence[Mapping[str, Any]]) -> str:
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content[:1])


def _last_task(items: Sequence[Mapping[str, Any]]) -> str | None:
    outputs = (str(item["output"]) for item in reversed(items) if item.get("type") == "function_call_output")
    return next(filter(None, map(spoken_of, outputs)), None)


def _words(text: str) -> Iterator[str]:
    """The text in pieces that end with their white space."""
    start = 0
    for end in range(1, len(text)):
        if text[end - 1].isspace() and not text[end].isspace():
            yield text[start:end]
            start = end
    if text[start:]:
        yield text[start:]


def _wire(call: Call) -> ToolCall:
    function = Function(name=call.tool, arguments=json.dumps(call.arguments, ensure_ascii=False))
    return ToolCall(index=0, id=f"call_{uuid4().hex}", function=function)


def _usage(items: Sequence[Mapping[str, Any]], said: str) -> Chunk:
    read = sum(len(str(item)) for item in items) // _CHARACTERS_PER_TOKEN
    written = len(said) // _CHARACTERS_PER_TOKEN
    return Chunk(usage=Tokens(prompt_tokens=read, completion_tokens=written, total_tokens=read + written))


plugin = ProviderPlugin(
    name=NAME,
    settings=DemoSettings,
    build=DemoProvider,
    missing=lambda _: "",
    detect=lambda _: False,
    rank=1000,
)
