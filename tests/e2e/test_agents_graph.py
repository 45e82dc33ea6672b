"""Agents behind agents, over HTTP: every run asks the provider that the operator chose, and is counted."""

from collections.abc import AsyncGenerator

import msgspec
import pytest

from tests.assistants.graph import REFUSED, WAYS
from tests.chatkit_client import ChatKitClient
from tests.fakes.dialects import SECRET, Call
from tests.fakes.gemini_wire import GeminiChat
from tests.fakes.upstream import Upstream
from tests.server import ServerProcess, running

WIRE = GeminiChat()
TOKENS = WIRE.tokens()["total_tokens"]


class Desk(msgspec.Struct):
    """The desk, the provider that was chosen, and the one that was not, although its key is there."""

    client: ChatKitClient
    server: ServerProcess
    chosen: Upstream
    other: Upstream

    async def tokens(self) -> int:
        """The tokens that count against the user's quota so far."""
        used: int = (await self.client.http.get("/api/usage")).json()["tokens"]["used"]
        return used


@pytest.fixture(scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Desk, None]:
    async with Upstream(WIRE.guard) as chosen, Upstream() as other:
        environment = {
            "ASSISTANT": "tests.assistants.graph:desk",
            "LLM_PROVIDER": "gemini",
            "GEMINI_API_KEY": SECRET,
            "GEMINI_BASE_URL": f"{chosen.url}/v1beta/openai/",
            "GEMINI_MODELS": "gemini-3-pro",
            "QUOTA_TOKENS_PER_DAY": "1000000",
            # Where the SDK's defaults would go: prompts by the address, traces by the proxy.
            "OPENAI_API_KEY": SECRET,
            "OPENAI_BASE_URL": f"{other.url}/v1",
            "HTTPS_PROXY": other.url,
        }
        async with (
            running(tmp_path_factory.mktemp("graph"), environment) as server,
            ChatKitClient(server.url) as client,
        ):
            yield Desk(client, server, chosen, other)


def call(name: str) -> Call:
    return Call(name, {"input": "hello"} if name.startswith("as_") or name == "translate" else {})


async def test_every_run_asks_the_chosen_provider_and_is_counted(desk: Desk) -> None:
    for way in WAYS:
        before, asked = await desk.tokens(), len(desk.chosen.requests)
        nested = [WIRE.text("bonjour")]
        if way == "two_levels_down":
            nested = [WIRE.calls(call("translate")), *nested, WIRE.text("bonjour")]
        desk.chosen.script(WIRE.calls(call(way)), *nested, WIRE.text("It is: bonjour."))
        exchange = await desk.client.say("Translate hello.")
        assert exchange.text == "It is: bonjour.", (way, exchange.error)
        requests = [request.body for request in desk.chosen.requests[asked:]]
        assert len(requests) == len(nested) + 2, way
        assert "bonjour" in str(requests[-1]["messages"][-1]), way
        assert "You translate." in str([request["messages"] for request in requests[1:-1]]), way
        named = way in {"with_a_name", "with_a_configuration_of_words"}
        assert requests[1]["model"] == ("gemini-3-pro" if named else requests[0]["model"]), way
        assert await desk.tokens() - before == TOKENS * len(requests), way
    assert desk.other.connections == 0


async def test_what_leads_elsewhere_is_refused_and_the_answer_goes_on(desk: Desk) -> None:
    for way in REFUSED:
        asked = len(desk.chosen.requests)
        first = [WIRE.calls(Call("go", {}))] if way == "handoff_to_a_model_of_its_own" else []
        desk.chosen.script(WIRE.calls(call(way)), *first, WIRE.text("I could not."))
        exchange = await desk.client.say("Translate hello.")
        assert exchange.text == "I could not.", (way, exchange.error)
        assert len(desk.chosen.requests) - asked == 2 + len(first), way
    assert desk.other.connections == 0


async def test_a_run_that_outlives_its_turn_counts_too(desk: Desk) -> None:
    before, asked = await desk.tokens(), len(desk.chosen.requests)
    desk.chosen.script(WIRE.calls(call("later")), WIRE.text("Soon."), WIRE.text("bonjour"))
    await desk.client.say("Translate hello.")
    await desk.chosen.received(asked + 3)
    while await desk.tokens() < before + 3 * TOKENS:  # The answer has left the upstream, and may not be read yet.
        pass
    assert desk.other.connections == 0
