"""Where a request's turn takes place, and what a page is shown of a turn that runs."""

from collections.abc import AsyncGenerator
from typing import Any, NamedTuple

from chatkit.types import Page, StreamingReq, ThreadItem, ThreadsCreateReq, ThreadsCustomActionReq

from app.application.turns.transcript import Transcript
from app.application.turns.turn import Placement
from app.domain.identity import RequestContext


class StreamedAnswer(NamedTuple):
    """A stream, and the place of its turn; a click in a widget has none, and may come while a turn runs."""

    frames: AsyncGenerator[bytes, None]
    placement: Placement | None


def placement_of(request: StreamingReq, context: RequestContext) -> Placement | None:
    """The place that the request takes, if it is one that a model answers."""
    match request:
        case ThreadsCreateReq():
            return Placement(user_id=context.user_id)
        case ThreadsCustomActionReq():
            return None
    return Placement(user_id=context.user_id, thread_id=request.params.thread_id)


def add_unfinished(page: Page[Any], shown: Transcript | None, order: str, *, first: bool) -> None:
    """Add to a page of a thread's items the messages that its turn has begun and not finished: they are the newest."""
    if shown is None or (page.has_more if order == "asc" else not first):
        return
    known = {item.id for item in page.data}
    unfinished: list[ThreadItem] = [item for item in shown.unfinished if item.id not in known]
    page.data = [*page.data, *unfinished] if order == "asc" else [*reversed(unfinished), *page.data]
