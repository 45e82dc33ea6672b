"""What is written down of turns whose process died."""

import datetime as dt

from chatkit.types import StructuredInputItem

from app.adapters.stores.memory import MemoryStorage
from app.application.turns.recovery import recover
from app.application.turns.transcript import done
from app.ports.turn_journal import Batch, TurnHead
from tests.sql import ANN, NOON, message, thread, turn

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
    """A follower is disconnected and sends the message again, instead of getting an end without a message."""
    storage = MemoryStorage()
    await storage.threads.save_thread(thread("thr_1"), ANN)
    await killed_before_its_first_event(storage)
    assert await storage.journal.find("turn_2") is None
    assert await storage.idempotency_keys.reserve(b"request", "turn_3", SOON)


async def test_a_form_whose_answer_broke_off_at_once_is_marked_and_its_record_left_as_it_is() -> None:
    storage = MemoryStorage()
    await storage.threads.save_thread(thread("thr_1"), ANN)
    await storage.threads.add_thread_item("thr_1", message("thr_1", 1), ANN)
    await storage.turn_log.save(asked := turn("thr_1", "msg_1"), ANN)
    form = StructuredInputItem(id="form_1", thread_id="thr_1", created_at=NOON + SOON, inputs=[], status="answered")
    await storage.threads.add_thread_item("thr_1", form, ANN)
    await killed_before_its_first_event(storage)
    page = await storage.threads.load_thread_items("thr_1", None, 10, "desc", ANN)
    assert [item.type for item in page.data] == ["task", "structured_input", "user_message"]
    assert await storage.turn_log.load("thr_1", ["msg_1", "form_1"], ANN) == {"msg_1": asked}
    assert await storage.idempotency_keys.reserve(b"request", "turn_3", SOON)


async def test_a_second_question_of_a_turn_leaves_the_record_of_the_first_as_it_is() -> None:
    """What the turn that goes on shows is not named by the record of its question."""
    storage = MemoryStorage()
    await storage.threads.save_thread(thread("thr_1"), ANN)
    await storage.threads.add_thread_item("thr_1", message("thr_1", 1), ANN)
    await storage.turn_log.save(asked := turn("thr_1", "msg_1"), ANN)
    head = TurnHead(id="turn_2", thread_id="thr_1", user_id=ANN.user_id, owner="proc_1")
    assert await storage.journal.begin(head, SOON)
    form = StructuredInputItem(id="form_2", thread_id="thr_1", created_at=NOON + SOON, inputs=[], status="answered")
    await storage.threads.add_thread_item("thr_1", form, ANN)
    await storage.journal.append([Batch(turn_id="turn_2", first=1, events=[done(form)])], "proc_1")
    await recover(head, storage, storage.threads)
    assert await storage.turn_log.load("thr_1", ["msg_1", "form_2"], ANN) == {"msg_1": asked}
