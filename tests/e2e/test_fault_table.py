"""Every fault of every upstream, through the whole server: what the client sees, that its stream ends, that the thread
can go on. The tables are printed."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from tests.chatkit_client import ChatKitClient, Exchange
from tests.e2e.test_providers import CASES, Case
from tests.fakes.dialects import PROMPT, SECRET, Fault
from tests.fakes.upstream import Upstream, json_reply
from tests.server import running

BOUND = 20.0
FINAL = frozenset({"bad_key", "no_quota", "model_not_found", "rejected", "context_too_long", "content_filtered"})
QUICK = {
    "LLM_RETRIES": "0",
    "LLM_RETRY_DELAY": "0.01",
    "LLM_FIRST_TOKEN_TIMEOUT": "2",
    "LLM_IDLE_TIMEOUT": "2",
}


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


@pytest.mark.parametrize("name", CASES)
async def test_every_fault_ends_the_stream_with_an_error_and_leaves_the_thread_usable(
    name: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    case = CASES[name]
    async with Upstream(case.dialect.guard) as upstream:
        environment = {**case.environment(upstream.url), **QUICK}
        async with running(tmp_path, environment) as server, ChatKitClient(server.url) as client:
            rows = [await suffered(fault, case, upstream, client) for fault in case.dialect.faults()]
        assert SECRET not in server.log
        assert PROMPT not in server.log
    record_property("table", f"{name}\n" + "\n".join(map(str, rows)))


async def suffered(fault: Fault, case: Case, upstream: Upstream, client: ChatKitClient) -> Row:
    """Say something while the upstream misbehaves, then something else once it has stopped."""
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

    upstream.script(case.dialect.text("Here ", "again."))
    async with asyncio.timeout(BOUND):
        again = await client.say("Hello?", exchange.thread_id)
    assert (again.text, again.error) == ("Here again.", None), fault.name
    return Row(fault.name, fault.kind, exchange.error.allow_retry, exchange.text, message)


async def test_a_model_that_cannot_be_reached(tmp_path: Path) -> None:
    for address in ("http://127.0.0.1:9", "http://no-such-host.invalid"):
        environment = {"LLM_PROVIDER": "gemini", "GEMINI_API_KEY": SECRET, "GEMINI_BASE_URL": address, **QUICK}
        async with running(tmp_path, environment) as server, ChatKitClient(server.url) as client:
            exchange = await client.say("Hello!")
            assert exchange.error is not None
            assert exchange.error.allow_retry
