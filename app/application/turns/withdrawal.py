"""Withdrawal: the events of an item that a turn removed again hold nothing of the item any more."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec


class _Item(msgspec.Struct, frozen=True):
    id: str = ""


class _Event(msgspec.Struct, frozen=True):
    type: str = ""
    item_id: str = ""
    item: _Item = _Item()


_event = msgspec.json.Decoder(_Event)
_OF_ITEMS = "thread.item."
_REMOVED = "thread.item.removed"


def removed(item_id: str) -> bytes:
    """Return the event that removes an item."""
    return b"data: " + msgspec.json.encode({"type": _REMOVED, "item_id": item_id}) + b"\n\n"


def removed_ids(events: Iterable[bytes]) -> Sequence[str]:
    """Return the ids of the items that the events remove."""
    mark = _REMOVED.encode()
    return [_decode(event).item_id for event in events if mark in event and _decode(event).type == _REMOVED]


def withdrawn(events: Sequence[bytes], item_id: str) -> Iterator[tuple[int, bytes]]:
    """Yield the position and the replacement of each event that shows something of the item.

    The replacement removes the item once more: the numbers of all events stay, and clients may repeat a removal.
    """
    mark, replacement = item_id.encode(), removed(item_id)
    for position, event in enumerate(events):
        if mark not in event or event == replacement:
            continue
        found = _decode(event)
        if found.type.startswith(_OF_ITEMS) and item_id in (found.item_id, found.item.id):
            yield position, replacement


def _decode(event: bytes) -> _Event:
    return _event.decode(event.removeprefix(b"data: "))
