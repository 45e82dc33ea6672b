"""The turn's context, wherever code of a tool looks for it."""

import asyncio
import contextvars
import datetime as dt
from typing import Any

import pytest
from agents import RunContextWrapper
from chatkit.types import ThreadMetadata

from app.adapters.agents_sdk.tool_context import TurnContext, current_turn, turn_context
from app.adapters.agents_sdk.toolbox import NullStage
from app.domain.identity import RequestContext


def turn(user: str) -> TurnContext:
    thread = ThreadMetadata(id="thr_1", created_at=dt.datetime.now(dt.UTC))
    return TurnContext(request=RequestContext(user_id=user), thread=thread, stage=NullStage())


@pytest.mark.parametrize("own", [None, {"plan": "gold"}, "a text", 0])
async def test_it_is_found_behind_any_own_context_also_in_a_thread(own: Any) -> None:
    current = turn("ann")
    current.own = own
    assert current.for_run is (current if own is None else own)
    current_turn.set(current)
    ctx = RunContextWrapper(context=current.for_run)
    assert turn_context(ctx) is current
    assert await asyncio.to_thread(turn_context, ctx) is current


async def test_the_context_at_hand_goes_before_that_of_the_turn() -> None:
    current_turn.set(turn("ann"))
    given = turn("bob")
    assert turn_context(RunContextWrapper(context=given)) is given


def test_outside_a_turn_there_is_none() -> None:
    with pytest.raises(LookupError):
        contextvars.Context().run(turn_context, RunContextWrapper(context="own"))


def test_what_the_caller_sent_is_in_no_representation() -> None:
    request = RequestContext(
        user_id="ann", headers={"x-page": "qu1et"}, claims={"role": "qu1et"}, metadata={"draft": "qu1et"}
    )
    assert "qu1et" not in f"{request} {request!r}"
