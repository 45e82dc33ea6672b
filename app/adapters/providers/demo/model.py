"""Demo model: streams scripted text word by word and calls the real tools."""

import asyncio
import datetime as dt
import itertools
import json
import re
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final, cast
from uuid import uuid4

from agents import AgentOutputSchemaBase, Handoff, Model, ModelResponse, ModelSettings, Tool, Usage
from agents.items import TResponseInputItem, TResponseStreamEvent

from app.adapters.providers.demo.intents import (
    FORM,
    HAND_OVER,
    PRIORITIES,
    Call,
    forced_call,
    is_pronoun,
    parse_intent,
    to_english,
)
from app.adapters.providers.demo.replies import (
    CHANGING,
    DONE_ALREADY,
    NOT_ADDED,
    WHICH,
    describe_results,
    form_answers,
    introduction,
    missing_tool,
    new_agent,
    no_agent,
    small_talk,
    task_of_result,
)
from app.adapters.providers.shared.chat_completions.message import TEXT
from app.adapters.providers.shared.chat_completions.response import ResponseBuilder
from app.adapters.providers.shared.chat_completions.wire import Chunk, Function, Tokens, ToolCall

_CHARACTERS_PER_TOKEN: Final = 4
_WORDS: Final = re.compile(r"\s*\S+\s*|\s+")

# Prefixes of user items that the user did not type: ChatKit's converter and ours add them to a message.
_EXPLANATIONS: Final = (
    "<HiddenContext>",
    "Hidden context for the agent",
    "# User-provided context for @-mentions",
    "The user is referring to this in particular",
    "A widget was shown to the user",
    "A message was displayed to the user",
    "A structured input request was displayed",
    "The following image was generated",
    "The answer above is incomplete",
    "An earlier answer to this message was taken back",
)
# Mark of a change by an earlier attempt whose call was lost with its server.
_CHANGED_BEFORE: Final = "- tasks.changed("

Item = Mapping[str, Any]


class DemoModel(Model):
    """Scripted model: the reply depends on the input and the tools alone, so it is deterministic."""

    def __init__(self, delay: float, today: Callable[[], dt.date]) -> None:
        self._delay = delay
        self._today = today

    async def stream_response(
        self,
        system_instructions: str | None,
        input: str | list[TResponseInputItem],
        model_settings: ModelSettings,
        tools: Sequence[Tool],
        output_schema: AgentOutputSchemaBase | None = None,
        handoffs: Sequence[Handoff[Any, Any]] = (),
        *args: Any,
        **kwargs: Any,
    ) -> AsyncGenerator[TResponseStreamEvent, None]:
        """Stream a text, a tool call or a handoff."""
        items = _items(input)
        offered = _offered(tools, model_settings)
        reply = self._reply(items, offered | ({HAND_OVER} if handoffs else set()), model_settings.tool_choice)
        if isinstance(reply, Call) and reply.tool == HAND_OVER:
            reply = _handoff(reply.arguments["to"], handoffs)
        answer = ResponseBuilder("demo", set())
        yield answer.created()
        if isinstance(reply, Call):
            for event in answer.calls.add(_wire(reply)):
                yield event
        else:
            for word in _WORDS.findall(reply):
                for event in answer.message.add(TEXT, word):
                    yield event
                await asyncio.sleep(self._delay)
        for event in (*answer.feed([_usage((system_instructions, *items), reply)]), *answer.finish()):
            yield event

    async def get_response(self, *args: Any, **kwargs: Any) -> ModelResponse:
        """Return the whole response at once."""
        completed: Any = None
        async for event in self.stream_response(*args, **kwargs):
            completed = event
        response = completed.response
        usage = Usage(requests=1, input_tokens=response.usage.input_tokens, output_tokens=response.usage.output_tokens)
        return ModelResponse(output=response.output, usage=usage, response_id=None)

    def _reply(self, items: Sequence[Item], tools: Collection[str], choice: object) -> Call | str:
        if results := _results(items):
            if agent := new_agent(results):
                return Call("next_task", {}) if "next_task" in tools else introduction(agent)
            return _call_from_form(form_answers(results), tools) or describe_results(results)
        message = to_english(_newest_message(items))
        call = parse_intent(message, self._today())
        if isinstance(choice, str) and choice in tools and (call is None or call.tool != choice):
            call = forced_call(choice, message)
        if call is None or (call.tool == FORM and FORM not in tools):
            return small_talk(message, tools)
        if call.tool in tools and call.tool in CHANGING and _changed_before(items):
            return DONE_ALREADY
        if call.tool == HAND_OVER:
            return call
        return _resolved(call, items) if call.tool in tools else missing_tool(call.tool)


def _handoff(name: str, handoffs: Sequence[Handoff[Any, Any]]) -> Call | str:
    """Call of the handoff to the agent of this name; a sentence when there is none."""
    wanted = name.casefold()
    for one in handoffs:
        if one.agent_name.casefold() in wanted:
            return Call(one.tool_name, {})
    return no_agent(name, [one.agent_name for one in handoffs])


def _changed_before(items: Sequence[Item]) -> bool:
    texts = (_text(item["content"]) for item in items[-1:] if item.get("role") == "user")
    return any(text.startswith(_EXPLANATIONS) and _CHANGED_BEFORE in text for text in texts)


def _items(model_input: str | Sequence[TResponseInputItem]) -> Sequence[Item]:
    if isinstance(model_input, str):
        return [{"role": "user", "content": model_input}]
    return cast(Sequence[Item], model_input)


def _offered(tools: Sequence[Tool], settings: ModelSettings) -> set[str]:
    return set() if settings.tool_choice == "none" else {tool.name for tool in tools}


def _results(items: Sequence[Item]) -> list[str]:
    """Tool results at the end of the input; context items after them are skipped."""
    since = itertools.dropwhile(_explains, reversed(items))
    ending = itertools.takewhile(lambda item: item.get("type") == "function_call_output", since)
    return [_text(item["output"]) for item in ending][::-1]


def _newest_message(items: Sequence[Item]) -> str:
    """Newest message of the user since the last answer; context items are skipped."""
    since = itertools.takewhile(lambda item: item.get("role") == "user", reversed(items))
    return next((text for item in since if not (text := _text(item["content"])).startswith(_EXPLANATIONS)), "")


def _explains(item: Item) -> bool:
    return item.get("role") == "user" and _text(item["content"]).startswith(_EXPLANATIONS)


def _text(content: str | Sequence[Mapping[str, Any]]) -> str:
    """Text of a content; of several parts the first, because the others are attachments."""
    return content if isinstance(content, str) else next((str(part.get("text") or "") for part in content), "")


def _resolved(call: Call, items: Sequence[Item]) -> Call | str:
    """Replace a pronoun by the task of the latest tool result; ask back when there is none."""
    if not is_pronoun(call.arguments.get("task", "")):
        return call
    results = (_text(item["output"]) for item in reversed(items) if item.get("type") == "function_call_output")
    last = next((task for result in results if (task := task_of_result(result)) is not None), "")
    return Call(call.tool, {**call.arguments, "task": last}) if last else WHICH


def _call_from_form(answers: Sequence[str] | None, tools: Collection[str]) -> Call | str | None:
    """Call that creates the task from the form's answers."""
    if answers is None or "create_task" not in tools:
        return None
    title, priority = answers
    if not title:
        return NOT_ADDED
    known = {"priority": priority} if priority in PRIORITIES else {}
    return Call("create_task", {"title": title, **known})


def _wire(call: Call) -> ToolCall:
    function = Function(name=call.tool, arguments=json.dumps(call.arguments, ensure_ascii=False))
    return ToolCall(index=0, id=f"call_{uuid4().hex}", function=function)


def _usage(read: Iterable[object], written: Call | str) -> Chunk:
    prompt = sum(len(str(item)) for item in read) // _CHARACTERS_PER_TOKEN + 1
    completion = len(str(written)) // _CHARACTERS_PER_TOKEN + 1
    return Chunk(usage=Tokens(prompt_tokens=prompt, completion_tokens=completion, total_tokens=prompt + completion))
