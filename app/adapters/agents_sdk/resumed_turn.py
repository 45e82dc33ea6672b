"""Resumed turn: the record of a turn whose calls a run goes on with."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from agents.items import TResponseInputItem

from app.adapters.agents_sdk.run_transcript import RunTranscript
from app.application.conversation.approvals import (
    NOT_TAKEN_UP,
    UNKNOWN,
    answered_id,
    call_id,
    result_item,
    unknown_effect,
    waiting,
)
from app.ports.agent_runner import ApprovalDesk
from app.ports.turn_log import OpenApprovals, OpenCall, ToolEffect, TurnRecord


class ResumedTurn:
    """Completes the record of a turn, at any moment, however the run ends.

    `refusals` are the results of refused calls, by their id, and `undecided` the ids of calls to ask about again.
    `effects` are those of the run; they move to the record with the results. `is_active` once the run goes on, and
    `taken_up` once a call may have been made.
    """

    def __init__(self, turn: TurnRecord, desk: ApprovalDesk | None, effects: list[ToolEffect]) -> None:
        self.is_active = False
        self.settled = False
        self.taken_up = False
        self.refusals: Mapping[str, str] = {}
        self.undecided: Collection[str] = ()
        self._turn = turn
        self._desk = desk
        self._effects = effects
        self._hosted: list[dict[str, Any]] = []

    def broken_off(self) -> TurnRecord:
        """Return the record for a run that never ends: each call has the result that is true until there is another."""
        return self._ended({}, None, None)

    async def settle(self, transcript: RunTranscript, model_input: str | Sequence[TResponseInputItem]) -> None:
        """Store the results of the calls, before the request that follows them; a request of a nested run is none."""
        if self.settled:
            return
        sent = [dict(item) for item in model_input] if not isinstance(model_input, str) else []
        results = {id_: item for item in [*transcript.results, *sent] if (id_ := answered_id(item)) is not None}
        handoff = json.dumps({"assistant": transcript.receiver}) if transcript.receiver else None
        ended = []
        for call in waiting(self._turn.model_items):
            if (result := results.get(str(call_id(call)))) is not None:
                ended.append(result)
            elif handoff is not None:  # A handoff may hide from its agent what was done before.
                ended.append(result_item(call, handoff))
            else:
                return
        self._hosted = [item for item in ended if item.get("approve")]
        self._turn = self._with(ended)
        self.settled = True
        transcript.restart(model_input)
        if self._desk is not None:
            await self._desk.save(self._without_hosted())

    def finish(self, transcript: RunTranscript, asked: OpenApprovals | None, open_call: OpenCall | None) -> TurnRecord:
        """Return the record at the end of the run; calls that wait again stay open."""
        if self.settled:
            return self._turn if transcript.items() else self._without_hosted()
        results = {id_: item for item in transcript.results if (id_ := answered_id(item)) is not None}
        return self._ended(results, asked, open_call)

    def _ended(
        self, results: Mapping[str, dict[str, Any]], asked: OpenApprovals | None, open_call: OpenCall | None
    ) -> TurnRecord:
        ended, unknown = [], []
        for call in waiting(self._turn.model_items):
            id_ = str(call_id(call))
            if id_ in results:
                ended.append(results[id_])
            elif id_ in self.refusals or (asked is None and (open_call is None or open_call.call_id != id_)):
                ended.append(result_item(call, text := self._text(id_)))
                unknown += unknown_effect(call) if text == UNKNOWN else []
        turn = self._with(ended)
        effects = [*turn.effects, *unknown]
        return msgspec.structs.replace(turn, approvals=asked, open_call=open_call, effects=effects)

    def _text(self, id_: str) -> str:
        return self.refusals.get(id_) or (UNKNOWN if self.taken_up and id_ not in self.undecided else NOT_TAKEN_UP)

    def _with(self, results: Sequence[dict[str, Any]]) -> TurnRecord:
        effects = [*self._turn.effects, *self._effects]
        self._effects.clear()
        items = [*self._turn.model_items, *results]
        return msgspec.structs.replace(self._turn, model_items=items, effects=effects, approvals=None)

    def _without_hosted(self) -> TurnRecord:
        """The record while a hosted server may make the approved call: a later turn must not approve it again."""
        if not self._hosted:
            return self._turn
        items = [
            {**item, "approve": False, "reason": UNKNOWN} if item in self._hosted else item
            for item in self._turn.model_items
        ]
        return msgspec.structs.replace(self._turn, model_items=items)
