"""Pieces of a thread for its summary: whole turns, in their order, each piece of a bounded size."""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import aclosing
from typing import Final

import msgspec
from chatkit.types import ThreadItem, UserMessageItem

from app.application.conversation.history import AHEAD, Timeline, covered, told_size
from app.application.conversation.passages import Group, passages_of, size_of, within
from app.domain.conversation import HistoryWindow
from app.ports.history_summarizer import Passage
from app.ports.thread_store import LoadedContext
from app.ports.turn_log import TurnRecord

MOST_ITEMS: Final = 100
"""Most items that are read as one turn, whatever its record says."""

_WANTED: Final = 1 / 2
"""Share of the window: a summary covers what a window of this share leaves out."""


class Grouping:
    """Groups items, so that a summary never ends inside a turn.

    A turn's record stands for the items that it wrote, wherever a summary ends: after half a turn a retry could replace
    the record, and no covered item would be deleted, so the summary would stay.
    """

    def __init__(self) -> None:
        self._group: Group = []
        self._expected: set[str] = set()

    def begins(self, item: ThreadItem) -> bool:
        """True when the next item begins a group."""
        if not self._group or len(self._group) >= MOST_ITEMS:
            return True
        turn = self._group[-1][1]
        if turn is not None and turn.model_items:
            return False
        # A recorded item may have been deleted, so the next message of the user ends the turn at the latest.
        return item.id not in self._expected and (not self._expected or isinstance(item, UserMessageItem))

    def add(self, item: ThreadItem, turn: TurnRecord | None) -> None:
        """Add an item to the group."""
        self._group.append((item, turn))
        if turn is not None:
            self._expected.update(turn.item_ids)
        self._expected.discard(item.id)

    def close(self) -> Group:
        """Return the group, and begin another one."""
        ended, self._group, self._expected = self._group, [], set()
        return ended


class Piece(msgspec.Struct, kw_only=True):
    """Items that one step of a summary adds."""

    passages: list[Passage] = []
    until_item_id: str = ""
    items: int = 0
    size: int = 0

    def take(self, group: Group, limit: int) -> bool:
        """Add a group; return False when the piece would exceed `limit` bytes. The first group is cut to fit."""
        passages = within(passages_of(group), limit)
        size = size_of(passages)
        if self.items and self.size + size > limit:
            return False
        self.passages += passages
        self.until_item_id = group[-1][0].id
        self.items += len(group)
        self.size += size
        return True


def ends_of(items: Sequence[ThreadItem], turns: Mapping[str, TurnRecord]) -> Sequence[int]:
    """Return where the groups end, as numbers of items."""
    grouping, ends = Grouping(), []
    for count, item in enumerate(items):
        if grouping.begins(item) and grouping.close():
            ends.append(count)
        grouping.add(item, turns.get(item.id))
    return [*ends, len(items)] if items else []


def left_uncovered(loaded: LoadedContext, window: HistoryWindow) -> frozenset[str] | None:
    """Return the ids of the loaded items that the next summary must not reach; None while none is due.

    A summary is extended by more than has to be, so that not every turn needs a request.
    """
    timeline, reserved = Timeline(loaded.items, loaded.turns, window), told_size(loaded.summary, window)
    needed, ahead, wanted = (timeline.left_out(window.part(share), reserved=reserved) for share in (1, AHEAD, _WANTED))
    if not needed or covered(loaded) >= ahead:
        return None
    count = goal(ends_of(loaded.items, loaded.turns), needed, wanted)
    return frozenset(item.id for item in loaded.items[count:])


def goal(ends: Sequence[int], needed: int, wanted: int) -> int:
    """Return how many items a summary should cover: all groups of the `wanted` items, at least of the `needed` ones.

    The newest group is left out unless it is needed: a retry of its answer would delete the summary.
    """
    reachable = [end for end in ends[:-1] if end >= wanted] or [*ends[:-1]][-1:]
    if reachable and reachable[0] >= needed:
        return reachable[0]
    return next((end for end in ends if end >= needed), 0)


async def next_piece(
    items: AsyncGenerator[tuple[ThreadItem, TurnRecord | None], None], limit: int, left_out: Collection[str]
) -> Piece:
    """Read the next piece, of `limit` bytes at most; it ends before a group that begins with an item `left_out`.

    It is empty when no item is left.
    """
    piece, grouping = Piece(), Grouping()
    async with aclosing(items):
        async for item, turn in items:
            if grouping.begins(item):
                if (ended := grouping.close()) and not piece.take(ended, limit):
                    return piece
                if item.id in left_out:
                    return piece
            grouping.add(item, turn)
    if last := grouping.close():
        piece.take(last, limit)
    return piece
