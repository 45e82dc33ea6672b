"""An item that a turn removes again leaves no trace in the turn's events, in memory or in the journal."""

import asyncio
import datetime as dt
import json
from collections.abc import AsyncGenerator, Sequence

from app.adapters.stores.memory import MemoryStorage
from app.application.turns.recovery import all_events, recover
from app.application.turns.registry import TurnRegistry
from app.application.turns.transcript import Transcript
from app.application.turns.turn import Placement, Turn, current_turn
from app.application.turns.withdrawal import removed
from app.ports.turn_journal import Batch, TurnHead
from tests.sql import ANN, message, thread

SECRET = "the rejected words"
MESSAGE = {"id": "msg_9", "type": "assistant_message", "thread_id": "thr_1", "created_at": "2026-01-01T00:00:00Z"}


def frame(**event: object) -> bytes:
    return b"data: " + json.dumps(event).encode() + b"\n\n"


def shown() -> list[bytes]:
    part = {"type": "output_text", "text": SECRET, "annotations": []}
    update = {"type": "assistant_message.content_part.text_delta", "content_index": 0, "delta": SECRET}
    return [
        frame(type="progress_update", text="Looking at msg_9"),
        frame(type="thread.item.added", item={**MESSAGE, "content": []}),
        frame(type="thread.item.updated", item_id="msg_9", update=update),
        frame(type="thread.item.done", item={**MESSAGE, "content": [part]}),
        frame(type="thread.item.replaced", item={**MESSAGE, "content": [part]}),
    ]


def kept(events: Sequence[bytes]) -> bool:
    """The text is gone, and nothing else: the numbers of the events and what is about other things stay."""
    return (
        SECRET not in b"".join(events).decode()
        and events[0] == shown()[0]
        and len(events) >= len(shown())
        and "msg_9" not in Transcript(events).items
    )


async def test_what_was_journaled_before_is_written_again_without_it() -> None:
    storage = MemoryStorage()
    await storage.threads.save_thread(thread("thr_1"), ANN)
    turns = TurnRegistry(storage)
    withdraw, withdrew, go_on = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def events() -> AsyncGenerator[bytes, None]:
        for event in shown():
            yield event
        await withdraw.wait()
        running = current_turn.get()
        assert running is not None
        running.withdraw("msg_9")
        yield removed("msg_9")
        withdrew.set()
        await go_on.wait()

    turn = await turns.start(events(), lambda _: b"", Placement(ANN.user_id, "thr_1"))
    await turns.writer.flush([turn])
    assert SECRET in b"".join(await all_events(storage.journal, turn.id)).decode()
    withdraw.set()
    await withdrew.wait()
    await turns.writer.flush([turn])
    assert kept(await all_events(storage.journal, turn.id))
    go_on.set()
    await turn.wait_ended()
    assert kept(await all_events(storage.journal, turn.id))
    assert kept(turn.events)
    await turns.aclose()


async def test_a_turn_that_ends_at_once_leaves_nothing_either() -> None:
    storage = MemoryStorage()
    await storage.threads.save_thread(thread("thr_1"), ANN)
    turns = TurnRegistry(storage)
    written = asyncio.Event()

    async def events() -> AsyncGenerator[bytes, None]:
        for event in shown():
            yield event
        await written.wait()
        running = current_turn.get()
        assert running is not None
        running.withdraw("msg_9")
        yield removed("msg_9")

    turn = await turns.start(events(), lambda _: b"", Placement(ANN.user_id, "thr_1"))
    await turns.writer.flush([turn])
    written.set()
    await turn.wait_ended()
    assert kept(await all_events(storage.journal, turn.id))
    await turns.aclose()


async def test_a_process_that_died_in_between_is_cleared_up_after() -> None:
    storage = MemoryStorage()
    await storage.threads.save_thread(thread("thr_1"), ANN)
    await storage.threads.add_thread_item("thr_1", message("thr_1", 1), ANN)
    head = TurnHead(id="turn_2", thread_id="thr_1", user_id=ANN.user_id, owner="proc_1")
    assert await storage.journal.begin(head, dt.timedelta(minutes=1))
    batch = Batch(turn_id="turn_2", first=1, events=[*shown(), removed("msg_9")])
    await storage.journal.append([batch], "proc_1")
    await recover(head, storage, storage.threads)
    assert kept(await all_events(storage.journal, "turn_2"))
    page = await storage.threads.load_thread_items("thr_1", None, 100, "asc", ANN)
    assert SECRET not in "".join(item.model_dump_json() for item in page.data)


def test_another_item_s_events_stay() -> None:
    turn = Turn("turn_1", None, lambda _: None)
    other = frame(type="thread.item.added", item={**MESSAGE, "id": "msg_90", "content": []})
    turn.events = [other, *shown()]
    turn.withdraw("msg_9")
    assert turn.events[0] == other
    assert kept(turn.events[1:])
