"""Turn placement: the thread of a request's turn, and the unfinished messages of a running turn."""

from collections.abc import AsyncGenerator
from typing import Any, NamedTuple

from chatkit.types import Page, StreamingReq, ThreadItem, ThreadsCreateReq, ThreadsCustomActionReq

from app.application.turns.transcript import Transcript
from app.application.turns.turn import Placement
from app.domain.identity import RequestContext


class StreamedAnswer(NamedTuple):
    """The frames of a stream, and its turn's placement; None for a click, which may run beside a turn."""

    frames: AsyncGenerator[bytes, None]
    placement: Placement | None


def placement_of(request: StreamingReq, context: RequestContext) -> Placement | None:
    """The placement of a request that a model answers; None for a click."""
    match request:
        case ThreadsCreateReq():
            return Placement(user_id=context.user_id)
        case ThreadsCustomActionReq():
            return None
    return Placement(user_id=context.user_id, thread_id=request.params.thread_id)


def add_unfinished(page: Page[Any], shown: Transcript | None, order: str, *, first: bool) -> None:
    """Add the unfinished messages of the running turn to a page of items, as the newest."""
    if shown is None or (page.has_more if order == "asc" else not first):
        return
    known = {item.id for item in page.data}
    unfinished: list[ThreadItem] = [item for item in shown.unfinished if item.id not in known]
    page.data = [*page.data, *unfinished] if order == "asc" else [*reversed(unfinished), *page.data]
