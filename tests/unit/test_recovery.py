"""What is written down of turns whose process died."""

import datetime as dt

from app.adapters.stores.memory import MemoryStorage
from app.application.turns.recovery import recover
from app.ports.turn_journal import TurnHead
from tests.sql import ANN, message, thread, turn

SOON = dt.timedelta(minutes=1)


async def killed_before_its_first_event(storage: MemoryStorage) -> None:
    assert await storage.idempotency_keys.reserve(b"request", "turn_2", SOON)
    head = TurnHead(id="turn_2", thread_id="thr_1", user_id=ANN.user_id, owner="proc_1")
    assert await storage.journal.begin(head, SOON)
    await recover(head, storage, storage.threads)


async def test_a_message_that_was_stored_is_marked_as_interrupted() -> None:
    storage = MemoryStorage()
    await storage.threads.save_thread(thread("thr_1"), ANN)
    await storage.threads.add_thread_item("thr_1", message("thr_1", 1), ANN)
    await killed_before_its_first_event(storage)
    assert (await storage.turn_log.load("thr_1", ["msg_1"], ANN))["msg_1"].status == "interrupted"


async def test_the_answer_before_a_message_that_was_not_stored_is_left_as_it_is() -> None:
    """What its tools did would be forgotten."""
    storage = MemoryStorage()
    await storage.threads.save_thread(thread("thr_1"), ANN)
    await storage.threads.add_thread_item("thr_1", message("thr_1", 1), ANN)
    await storage.turn_log.save(answered := turn("thr_1", "msg_1"), ANN)
    await killed_before_its_first_event(storage)
    assert await storage.turn_log.load("thr_1", ["msg_1"], ANN) == {"msg_1": answered}


async def test_a_request_whose_message_was_not_stored_can_be_answered_anew() -> None:
    """Whoever followed its turn is cut off and sends it again, instead of being told of an end without a message."""
    storage = MemoryStorage()
    await storage.threads.save_thread(thread("thr_1"), ANN)
    await killed_before_its_first_event(storage)
    assert await storage.journal.find("turn_2") is None
    assert await storage.idempotency_keys.reserve(b"request", "turn_3", SOON)
