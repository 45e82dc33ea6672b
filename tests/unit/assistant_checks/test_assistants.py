"""Fields of an assistant: what each takes, and the sentence about anything else."""

import functools
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any

import pytest
from agents import Agent
from hypothesis import given

from app.adapters.agents_sdk.assistant import Assistant
from app.domain.model_ref import ModelRef
from app.domain.start_screen import Prompt, StartScreen
from tests.unit.assistant_checks.examples import (
    SECRET,
    SINGLE,
    VALUES,
    Answer,
    agent,
    described,
    everything,
    other_roll,
    plain,
    problems,
    roll,
)


def title(name: str, arguments: Mapping[str, Any]) -> str:
    return name


def yielding(turn: Any) -> Iterator[Any]:
    yield turn


async def async_yielding(turn: Any) -> AsyncIterator[Any]:
    yield turn


async def async_title(name: str, arguments: Mapping[str, Any]) -> str:
    return name


async def click(action: Any, sender: Any, context: Any) -> None:
    """Run an action."""


def not_async(action: Any, sender: Any, context: Any) -> None:
    """Run an action, without async."""


async def generator(action: Any, sender: Any, context: Any) -> AsyncIterator[None]:
    """Run an action, with yield."""
    yield None


def test_what_the_sdk_allows_is_allowed() -> None:
    assert problems(everything()) == ()
    assert problems(described(agent=everything(), instructions="", describe=title, tracked=frozenset({"roll"}))) == ()
    start = StartScreen(greeting="Hello", prompts=[Prompt(label="a", prompt="b")])
    assert problems(described(tools=(roll,), start=start, task_tools=lambda _: [other_roll], tracked={"a"})) != ()
    assert problems(described(tools=[roll], start=start, model=ModelRef("demo", "demo"))) == ()


WRONG_ASSISTANTS: Sequence[tuple[Mapping[str, Any], str, str]] = (
    ({"name": 3}, "name", "an int"),
    ({"instructions": plain}, "instructions", "function plain"),
    ({"instructions": ""}, "instructions", "neither instructions nor an agent"),
    ({"agent": agent()}, "instructions", "into the agent"),
    ({"agent": Agent, "instructions": ""}, "agent", "Agent(name=…)"),
    ({"agent": "Triage"}, "agent", "a text"),
    ({"tools": roll}, "tools", "a list"),
    ({"tools": [plain]}, "tools[0]", "@function_tool"),
    ({"tools": [roll, agent()]}, "tools[1]", "as_tool"),
    ({"tools": [[roll]]}, "tools[0]", "star"),
    ({"tools": [roll, roll]}, "tools[1]", "tools[0]"),
    ({"task_tools": [roll]}, "task_tools", "function of 1 argument"),
    ({"task_tools": plain}, "task_tools", "function of 1 argument"),
    ({"task_tools": lambda _: [plain]}, "task_tools[0]", "@function_tool"),
    ({"task_tools": lambda _: None}, "task_tools", "None"),
    ({"task_tools": lambda _: 1 / 0}, "task_tools", "ZeroDivisionError"),
    ({"task_tools": lambda _: [other_roll], "tools": [roll]}, "task_tools(…)[0]", "'roll'"),
    ({"model": "gemini/gemini-2.5-flash"}, "model", "ModelRef("),
    ({"model": ModelRef("gemni", "x")}, "model", "Did you mean gemini?"),
    ({"model": ModelRef(["gemini"], "x")}, "model.provider", "a list"),  # type: ignore[arg-type]
    ({"start": {"greeting": "Hello"}}, "start", "StartScreen(greeting=…"),
    ({"start": "Hello"}, "start", "StartScreen(greeting=…"),
    ({"start": StartScreen}, "start", "parentheses"),
    ({"start": StartScreen(greeting=None)}, "start.greeting", "a text"),  # type: ignore[arg-type]
    ({"start": StartScreen(prompts="Hello")}, "start.prompts", "a list"),  # type: ignore[arg-type]
    ({"start": StartScreen(prompts=["Hello"])}, "start.prompts[0]", "Prompt(label=…"),  # type: ignore[list-item]
    ({"start": StartScreen(prompts=[{}])}, "start.prompts[0]", "Prompt(label=…"),  # type: ignore[list-item]
    (
        {"start": StartScreen(prompts=[Prompt(label=1, prompt="b")])},  # type: ignore[arg-type]
        "start.prompts[0].label",
        "a text",
    ),
    ({"tracked": ["roll"]}, "tracked", "frozenset({…})"),
    ({"tracked": frozenset({1})}, "tracked[0]", "a text"),
    ({"describe": "a line"}, "describe", "function of 2 arguments"),
    ({"describe": plain}, "describe", "function of 2 arguments"),
    ({"describe": async_title}, "describe", "not async"),
    ({"context": StartScreen}, "context", "lambda turn:"),
    ({"context": plain}, "context", "function of 1 argument"),
    ({"context": {"user": "ann"}}, "context", "function of 1 argument"),
    ({"context": yielding}, "context", "that yields"),
    ({"context": async_yielding}, "context", "that yields"),
    ({"actions": [click]}, "actions", "a Mapping"),
    ({"actions": {"poll.vote": "vote"}}, "actions['poll.vote']", "a text"),
    ({"actions": {"poll.vote": roll}}, "actions['poll.vote']", "async function of 3 arguments"),
    ({"actions": {"poll.vote": title}}, "actions['poll.vote']", "async function of 3 arguments"),
    ({"actions": {"poll.vote": not_async}}, "actions['poll.vote']", "async def"),
    ({"actions": {"poll.vote": async_title}}, "actions['poll.vote']", "of 2 arguments"),
    ({"actions": {"poll.vote": generator}}, "actions['poll.vote']", "without yield"),
    ({"actions": {"poll.vote": Answer}}, "actions['poll.vote']", "the class Answer"),
    ({"actions": {1: click}}, "actions", "'poll.vote'"),
    ({"actions": {"tasks.list": click}, "task_tools": lambda _: []}, "actions['tasks.list']", "another type"),
)


@pytest.mark.parametrize(("given", "field", "reason"), WRONG_ASSISTANTS)
def test_a_wrong_field_of_an_assistant_is_named(given: Mapping[str, Any], field: str, reason: str) -> None:
    [found] = problems(described(**given))
    assert field in found
    assert reason in found


def test_the_functions_of_actions_may_be_written_in_every_way() -> None:
    class Counter:
        async def __call__(self, action: Any, sender: Any, context: Any) -> None:
            """Count a vote."""

    @functools.wraps(click)
    def wrapped(*given: Any) -> Any:
        return click(*given)

    actions = {"a": click, "b": Counter(), "c": Counter().__call__, "d": wrapped, "e": functools.partial(click)}
    assert not problems(described(actions={**actions, "tasks.list": click}))


def test_no_value_of_an_action_breaks_the_check() -> None:
    for value in SINGLE:
        problems(described(actions={"poll.vote": value}))


def test_every_field_of_an_assistant_is_checked() -> None:
    tried = {name for given, _, _ in WRONG_ASSISTANTS for name in given}
    assert tried >= set(Assistant.__struct_fields__) & {
        *("agent", "name", "instructions", "tools", "task_tools", "model", "start", "tracked", "describe", "context")
    }
    for name in Assistant.__struct_fields__:
        assert any(name in found for found in problems(described(**{name: object()}))), name


@pytest.mark.parametrize("field", sorted(Assistant.__struct_fields__))
def test_no_value_of_an_assistant_s_field_breaks_the_check(field: str) -> None:
    for value in SINGLE:
        problems(described(**{field: value}))
        problems(described(**{field: [value]}))


@given(VALUES, VALUES, VALUES)
def test_no_value_of_a_start_screen_breaks_the_check(greeting: Any, prompts: Any, label: Any) -> None:
    prompt: Any = Prompt(label=label, prompt=label, icon=label)
    problems(described(start=StartScreen(greeting=greeting, prompts=prompts)))
    problems(described(start=StartScreen(prompts=[prompt])))


@pytest.mark.parametrize("icon", ["book-opened", "", SECRET])
def test_an_icon_that_no_front_end_draws_is_found(icon: str) -> None:
    start = StartScreen(prompts=[Prompt(label="a", prompt="b", icon=icon)])
    [found] = problems(described(start=start))
    assert "start.prompts[0].icon is none of ChatKit's icons" in found
    assert ("Did you mean book-open?" in found) == (icon == "book-opened")
    for right in ("book-open", "lucide:cat", "vendor:acme"):
        assert problems(described(start=StartScreen(prompts=[Prompt(label="a", prompt="b", icon=right)]))) == ()


def test_all_mistakes_are_reported_at_once() -> None:
    wrong = Assistant(
        agent=agent(tools=[plain, roll, other_roll], model="gpt-none"),
        tracked=["a"],  # type: ignore[arg-type]
        start=StartScreen(greeting=1),  # type: ignore[arg-type]
    )
    assert len(problems(wrong)) == 5
