"""Calls and events of a token: counts that are equal on every machine.

`bench/counts.json` has what was counted last. More than half as much again is a regression that somebody has to look
at; to record a new count that is meant, write it there.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

from app.bootstrap import make_container, read_settings
from app.domain.identity import RequestContext
from app.entrypoints.chatkit.dispatcher import ChatKitDispatcher
from app.entrypoints.chatkit.plain import chatkit_request
from tests.server import ROOT
from tests.streamed import streamed

COUNTS: Final = ROOT / "bench" / "counts.json"
FACTOR: Final = 1.5
SHORT, LONG = 50, 450
ADA: Final = RequestContext(user_id="ada")
ENVIRONMENT: Final = {"LLM_PROVIDER": "demo", "DEMO_DELAY_MS": "0", "DATABASE_URL": "memory://", "TITLES": "off"}


class Calls:
    """How many functions were called, in Python and in C."""

    number = 0

    @contextmanager
    def counted(self) -> Iterator[None]:
        """In the block, in this thread."""
        before = sys.getprofile()
        sys.setprofile(self._note)
        try:
            yield
        finally:
            sys.setprofile(before)

    def _note(self, _: FrameType, event: str, __: Any) -> None:
        if event in {"call", "c_call"}:
            self.number += 1


async def answered(server: ChatKitDispatcher, words: int) -> tuple[int, int]:
    """Calls and text deltas of an answer that counts so far."""
    calls, deltas = Calls(), 0
    with calls.counted():
        stream = await streamed(server, chatkit_request(f"count to {words}", None), ADA)
        async for event in stream.frames:
            deltas += b"text_delta" in event
    return calls.number, deltas


async def test_a_further_token_takes_no_more_calls_and_events_than_it_did(
    record_property: Callable[..., None],
) -> None:
    container = make_container(read_settings(ENVIRONMENT))
    try:
        server = await container.get(ChatKitDispatcher)
        for words in (SHORT, LONG):
            await answered(server, words)
        few, many = await answered(server, SHORT), await answered(server, LONG)
    finally:
        await container.close()
    further = [(after - before) / (LONG - SHORT) for before, after in zip(few, many, strict=True)]
    found = dict(zip(("calls", "events"), further, strict=True))
    record_property("table", f"a further token: {found['calls']:.1f} calls, {found['events']:.2f} events")
    recorded = json.loads(COUNTS.read_text())
    assert found["events"] > 0
    for name, count in found.items():
        assert count <= FACTOR * recorded[name], f"{name} of a token: {count:.2f}, and {recorded[name]} when recorded"
