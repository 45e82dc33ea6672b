"""Pieces of a thread for its summary: they cover whole turns, in their order, once, in bounded requests."""

from collections.abc import AsyncGenerator, Sequence
from itertools import pairwise

from chatkit.types import ThreadItem, ThreadMetadata
from hypothesis import given
from hypothesis import strategies as st

from app.application.conversation.passages import passages_of, size_of
from app.application.conversation.summary_pieces import (
    MOST_ITEMS,
    Grouping,
    Piece,
    ends_of,
    goal,
    left_uncovered,
    next_piece,
)
from app.domain.conversation import HistoryWindow
from app.ports.history_summarizer import Passage
from app.ports.thread_store import LoadedContext
from app.ports.turn_log import TurnRecord
from tests.factories import NOON, answer, message, turn

Recorded = tuple[ThreadItem, TurnRecord | None]
THREAD = ThreadMetadata(id="thr_1", created_at=NOON)
SLACK = size_of([Passage("context", "[…]")])


@st.composite
def threads(draw: st.DrawFn) -> list[Recorded]:
    """A thread: turns with and without a record, with deleted items, and answers that nothing answers to."""
    items: list[Recorded] = []

    def new_id() -> str:
        return f"msg_{len(items)}"

    for _ in range(draw(st.integers(1, 12))):
        asked = message("thr_1", new_id(), text="q" * draw(st.integers(1, 300)))
        items.append((asked, None))
        place = len(items) - 1
        for size in draw(st.lists(st.integers(1, 300), max_size=4)):
            said = answer("thr_1", new_id(), text="a" * size)
            items.append((said, None))
        if draw(st.booleans()):
            recorded = [item.id for item, _ in items[place + 1 :]] + draw(st.sampled_from([[], ["msg_deleted"]]))
            call = {"type": "function_call", "name": "look", "arguments": "x" * draw(st.integers(0, 400))}
            items[place] = (asked, turn("thr_1", asked.id, item_ids=recorded, model_items=[call]))
    return items


def split(items: Sequence[Recorded]) -> tuple[list[ThreadItem], dict[str, TurnRecord]]:
    return [item for item, _ in items], {item.id: record for item, record in items if record is not None}


async def read_from(items: Sequence[Recorded], start: int) -> AsyncGenerator[Recorded, None]:
    for entry in items[start:]:
        yield entry


async def pieces(items: Sequence[Recorded], limit: int, left_out: Sequence[ThreadItem]) -> list[Piece]:
    """All pieces of a thread, read as a job reads them: each from where the one before ended."""
    found: list[Piece] = []
    at = 0
    while (piece := await next_piece(read_from(items, at), limit, {item.id for item in left_out})).items:
        found.append(piece)
        at += piece.items
        assert piece.until_item_id == items[at - 1][0].id
    return found


@given(threads())
def test_a_group_ends_nowhere_inside_a_turn(items: list[Recorded]) -> None:
    shown, turns = split(items)
    ends = ends_of(shown, turns)
    assert ends[-1] == len(items)
    assert sorted(set(ends)) == ends
    for place, item in enumerate(shown[:-1]):
        if (record := turns.get(item.id)) is not None:
            behind = [count for count, other in enumerate(shown) if other.id in record.item_ids]
            last = max([place + 1, *behind])
            assert not [end for end in ends if place < end <= last], "half a turn is covered"


@given(threads(), st.integers(50, 2_000), st.data())
async def test_pieces_cover_what_they_should_in_order_once_and_bounded(
    items: list[Recorded], limit: int, data: st.DataObject
) -> None:
    shown, turns = split(items)
    ends = [0, *ends_of(shown, turns)]
    count = data.draw(st.sampled_from(ends))
    found = await pieces(items, limit, shown[count:])
    assert sum(piece.items for piece in found) == count
    assert all(size_of(piece.passages) <= limit + SLACK for piece in found)
    groups = [passages_of(items[start:end]) for start, end in pairwise(ends) if end <= count]
    if all(size_of(group) <= limit for group in groups):
        assert [passage for piece in found for passage in piece.passages] == [one for group in groups for one in group]


@given(threads(), st.integers(1, 12), st.integers(50, 2_000))
async def test_what_is_due_covers_what_the_window_leaves_out_and_not_the_newest_turn(
    items: list[Recorded], most: int, tokens: int
) -> None:
    shown, _ = split(items)
    window = HistoryWindow(items=most, tokens=tokens, summarised=True)
    loaded = LoadedContext(thread=THREAD, items=shown[-most - 1 :], turns=split(items[-most - 1 :])[1])
    left_out = left_uncovered(loaded, window)
    if left_out is None:
        assert len(shown) <= most, "nothing is left out"
        return
    covered = [item for item in loaded.items if item.id not in left_out]
    assert covered, "the first item of these is left out"
    assert covered == loaded.items[: len(covered)], "what is covered comes first"


@given(st.sets(st.integers(1, 50), min_size=1), st.data())
def test_the_goal_is_the_end_of_a_turn_with_all_that_is_needed(numbers: set[int], data: st.DataObject) -> None:
    ends = sorted(numbers)
    needed = data.draw(st.integers(1, ends[-1]))
    wanted = data.draw(st.integers(needed, ends[-1]))
    reached = goal(ends, needed, wanted)
    assert reached in ends
    assert reached >= needed
    if any(end >= needed for end in ends[:-1]):
        assert reached < ends[-1], "the newest turn can wait"


async def test_a_turn_of_any_length_is_read_in_parts() -> None:
    asked = message("thr_1", "msg_0")
    written = [answer("thr_1", f"msg_{number}") for number in range(1, 3 * MOST_ITEMS)]
    record = turn("thr_1", "msg_0", item_ids=[item.id for item in written])
    items: list[Recorded] = [(asked, record), *((item, None) for item in written)]
    assert max(end - start for start, end in pairwise([0, *ends_of(*split(items))])) == MOST_ITEMS


def test_a_record_that_names_a_deleted_item_ends_with_the_next_message() -> None:
    grouping = Grouping()
    record = turn("thr_1", "msg_0", item_ids=["msg_1", "msg_deleted"])
    grouping.add(message("thr_1", "msg_0"), record)
    grouping.add(answer("thr_1", "msg_1"), None)
    assert not grouping.begins(answer("thr_1", "msg_2"))
    assert grouping.begins(message("thr_1", "msg_2"))
