"""The network providers behind the real server, each against a local server that answers, and fails, as the real one.

A conversation, a question that interrupts it, and every fault of every upstream: what the client sees, that its stream
ends, that the thread can go on. The tables of faults are printed.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from pathlib import Path

import msgspec
import pytest
from chatkit.types import StructuredInputItem

from tests.chatkit_client import ChatKitClient, Exchange
from tests.fakes.chat_wire import OpenAIChat
from tests.fakes.dialects import PROMPT, SECRET, Call, Dialect, Fault
from tests.fakes.gemini_wire import GeminiChat
from tests.fakes.litellm_upstreams import AnthropicMessages, GeminiNative, OpenRouter
from tests.fakes.responses_wire import Responses
from tests.fakes.upstream import Upstream, json_reply
from tests.server import running


class Case(msgspec.Struct, frozen=True):
    """A provider as an operator would configure it, and the wire it is expected to speak."""

    provider: str
    dialect: Dialect
    environment: Callable[[str], Mapping[str, str]]


CASES = {
    "gemini": Case(
        "gemini",
        GeminiChat(),
        lambda url: {"GEMINI_API_KEY": SECRET, "GEMINI_BASE_URL": f"{url}/v1beta/openai/"},
    ),
    "openai": Case(
        "openai",
        Responses(),
        lambda url: {"OPENAI_API_KEY": SECRET, "OPENAI_BASE_URL": f"{url}/v1", "OPENAI_API": "responses"},
    ),
    "openai-compatible": Case(
        "openai",
        OpenAIChat(),
        lambda url: {"OPENAI_API_KEY": SECRET, "OPENAI_BASE_URL": f"{url}/v1", "OPENAI_MODEL": "llama3.2"},
    ),
    "litellm-gemini": Case(
        "litellm",
        GeminiNative(),
        lambda url: {
            "LITELLM_MODEL": "gemini/gemini-2.5-flash",
            "LITELLM_BASE_URL": url,
            "LLM_PROVIDER": "litellm",
            "GEMINI_API_KEY": SECRET,
        },
    ),
    "litellm-anthropic": Case(
        "litellm",
        AnthropicMessages(),
        lambda url: {
            "LITELLM_MODEL": "anthropic/claude-sonnet-4-5",
            "LITELLM_BASE_URL": url,
            "ANTHROPIC_API_KEY": SECRET,
        },
    ),
    "litellm-openrouter": Case(
        "litellm",
        OpenRouter(),
        lambda url: {
            "OPENROUTER_API_KEY": SECRET,
            "OPENROUTER_MODEL": "meta-llama/llama-3.3-70b-instruct",
            "LITELLM_BASE_URL": url,
        },
    ),
}


BOUND = 20.0
FINAL = frozenset({"bad_key", "no_quota", "model_not_found", "rejected", "context_too_long", "content_filtered"})
QUICK = {
    "LLM_RETRIES": "0",
    "LLM_RETRY_DELAY": "0.01",
    "LLM_FIRST_TOKEN_TIMEOUT": "2",
    "LLM_IDLE_TIMEOUT": "2",
}
EVERY_KEY = {"GEMINI_API_KEY": SECRET, "OPENAI_API_KEY": SECRET, "OPENROUTER_API_KEY": SECRET}


class Talk(msgspec.Struct, frozen=True):
    """Server with one of the providers, and its client."""

    provider: str
    dialect: Dialect
    upstream: Upstream
    client: ChatKitClient

    async def tasks(self) -> list[str]:
        """The titles of all that there are."""
        return [task["title"] for task in (await self.client.http.get("/api/tasks")).json()]


@pytest.fixture(scope="module", params=CASES)
async def provider(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Talk, None]:
    """One server for all tests of a provider; it has the keys of the others as well."""
    case = CASES[request.param]
    folder = tmp_path_factory.mktemp("server")
    async with Upstream(case.dialect.guard) as upstream:
        environment = {**EVERY_KEY, **case.environment(upstream.url), "LLM_PROVIDER": case.provider, **QUICK}
        async with running(folder, environment) as server, ChatKitClient(server.url) as client:
            yield Talk(case.provider, case.dialect, upstream, client)
        assert SECRET not in server.log
        assert PROMPT not in server.log


@pytest.fixture
async def talk(provider: Talk) -> Talk:
    """The same, with no task and nothing asked."""
    for task in (await provider.client.http.get("/api/tasks")).json():
        await provider.client.http.delete(f"/api/tasks/{task['id']}")
    assert await provider.tasks() == []
    provider.upstream.requests.clear()
    return provider


async def test_the_chosen_provider_is_one_variable(talk: Talk) -> None:
    assert (await talk.client.http.get("/health")).json()["provider"] == talk.provider


async def test_a_conversation_with_a_tool_and_a_refusal(talk: Talk) -> None:
    dialect, upstream, client = talk.dialect, talk.upstream, talk.client
    upstream.script(dialect.text("Hel", "lo!"))
    first = await client.say("Hello!")
    assert (first.text, first.error) == ("Hello!", None)

    upstream.script(dialect.calls(Call("create_task", {"title": "buy milk"})), dialect.text("Added."))
    second = await client.say("Add buy milk", first.thread_id)
    assert (second.text, second.error) == ("Added.", None)
    assert await talk.tasks() == ["buy milk"]
    assert "buy milk" in _sent(upstream, 2), "the tool's result goes back to the model"

    upstream.script(dialect.text("You added milk."))
    third = await client.say("What did I add?", first.thread_id)
    assert third.text == "You added milk."
    told = _sent(upstream, 3)
    past = ["Hello!", "Add buy milk", "create_task", "Added.", "What did I add?"]
    assert [told.index(words) for words in past] == sorted(told.index(words) for words in past)

    upstream.script(dialect.refused_key())
    refused = await client.say("And now?", first.thread_id)
    assert refused.error is not None
    assert not refused.error.allow_retry
    assert refused.error.message
    assert SECRET not in refused.error.message

    upstream.script(dialect.text("Here I am."))
    assert (await client.say("Still there?", first.thread_id)).text == "Here I am.", "the thread can go on"

    items = (await client.call("items.list", thread_id=first.thread_id, limit=100))["data"]
    assert len({item["id"] for item in items}) == len(items)


async def test_the_answer_to_a_question_is_sent_with_the_other_results_and_each_once(talk: Talk) -> None:
    """What goes back to the model is what each upstream insists on."""
    dialect, upstream, client = talk.dialect, talk.upstream, talk.client
    for title in ("one", "two", "milk"):
        upstream.script(dialect.calls(Call("create_task", {"title": title})), dialect.text("Added."))
        await client.say(f"Add {title}")
    both = Call("delete_tasks", {"tasks_to_delete": ["one", "two"]})
    upstream.script(dialect.calls(Call("get_task", {"task": "milk"}), both))
    question = await asked(client)
    form = question.items[-1]

    upstream.script(dialect.text("Both are gone."))
    answers = {form.inputs[0].id: {"values": ["Yes, delete them"]}}
    events = await client.events(
        "threads.add_structured_input",
        thread_id=question.thread_id,
        item_id=form.id,
        input={"status": "answered", "answers": answers},
    )
    answered = Exchange(events, question.thread_id)
    assert (answered.text, answered.error) == ("Both are gone.", None)
    assert await talk.tasks() == ["milk"]

    for title in ("one", "two"):
        upstream.script(dialect.calls(Call("create_task", {"title": title})), dialect.text("Added."))
        await client.say(f"Add {title}", question.thread_id)
    upstream.script(dialect.calls(both))
    await asked(client, question.thread_id)
    upstream.script(dialect.text("Then not."))
    left = await client.say("Never mind", question.thread_id)
    assert (left.text, left.error) == ("Then not.", None), "a question that was left is told with a result"
    assert len(await talk.tasks()) == 3


async def asked(client: ChatKitClient, thread_id: str = "") -> Exchange:
    exchange = await client.say("Delete both, and look at milk", thread_id or None)
    assert exchange.error is None
    assert isinstance(exchange.items[-1], StructuredInputItem)
    return exchange


async def test_every_fault_ends_the_stream_with_an_error_and_leaves_the_thread_usable(
    talk: Talk, request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> None:
    rows = [await suffered(fault, talk) for fault in talk.dialect.faults()]
    record_property("table", f"{request.node.callspec.id}\n" + "\n".join(map(str, rows)))


class Row(msgspec.Struct, frozen=True):
    """What a client saw of one fault."""

    fault: str
    kind: str
    retry: bool
    text: str
    message: str

    def __str__(self) -> str:
        kept = f" (kept: {self.text!r})" if self.text else ""
        return f"  {self.fault:<34} {self.kind:<17} {'retry' if self.retry else '-':<6} {self.message}{kept}"


async def suffered(fault: Fault, talk: Talk) -> Row:
    """Send a message while the upstream fails, and another one after that."""
    upstream, client = talk.upstream, talk.client
    upstream.always(json_reply(501, {}))
    upstream.script(fault.reply)
    async with asyncio.timeout(BOUND):
        exchange: Exchange = await client.say(PROMPT)
    assert exchange.error is not None, f"{fault.name}: the client was told nothing"
    message = exchange.error.message or ""
    assert message, fault.name
    assert SECRET not in message
    assert PROMPT not in message
    assert exchange.error.allow_retry == (fault.kind not in FINAL), f"{fault.name}: {message}"
    assert exchange.text == fault.heard, f"{fault.name}: what was shown is kept, to the letter"
    if fault.heard:
        reason = {"content_filtered": "content_filter", "truncated": "max_output_tokens"}.get(fault.kind, "failed")
        reasons = await client.incomplete(exchange.thread_id)
        assert set(reasons) == {reason}, f"{fault.name} shows after a reload"
        assert len(reasons) == 2 or fault.name == "refusal", "a message that broke off, and the note behind it"

    upstream.script(talk.dialect.text("Here ", "again."))
    async with asyncio.timeout(BOUND):
        again = await client.say("Hello?", exchange.thread_id)
    assert (again.text, again.error) == ("Here again.", None), fault.name
    return Row(fault.name, fault.kind, exchange.error.allow_retry, exchange.text, message)


async def test_an_answer_that_reached_its_length_limit_says_so(talk: Talk) -> None:
    for oddity in talk.dialect.oddities():
        if oddity.cut_off:
            talk.upstream.script(oddity.reply)
            exchange = await talk.client.say("Tell me more")
            assert exchange.error is None, oddity.name
            reasons = await talk.client.incomplete(exchange.thread_id)
            assert reasons == ["max_output_tokens"] * 2, oddity.name
            talk.upstream.script(talk.dialect.text("And ", "on."))
            went_on = await talk.client.say("Please continue", exchange.thread_id)
            assert went_on.text == "And on."
            assert "continue exactly where it ended" in _sent(talk.upstream, -1), "the model knows what to go on with"


async def test_a_model_that_cannot_be_reached(tmp_path: Path) -> None:
    for address in ("http://127.0.0.1:9", "http://no-such-host.invalid"):
        environment = {"LLM_PROVIDER": "gemini", "GEMINI_API_KEY": SECRET, "GEMINI_BASE_URL": address, **QUICK}
        async with running(tmp_path, environment) as server, ChatKitClient(server.url) as client:
            exchange = await client.say("Hello!")
            assert exchange.error is not None
            assert exchange.error.allow_retry


def _sent(upstream: Upstream, number: int) -> str:
    return json.dumps(upstream.requests[number].body, ensure_ascii=False)
