"""Resumed turn: the record of a turn whose calls a run goes on with."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import msgspec
from agents.items import TResponseInputItem

from app.adapters.agents_sdk.run.effects import RunEffects, withheld
from app.adapters.agents_sdk.run.transcript import RunTranscript
from app.adapters.agents_sdk.run.tripwires import WITHHELD
from app.adapters.agents_sdk.tools.failures import NOT_DONE
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
from app.ports.turn_log import OpenApprovals, OpenCall, TurnRecord

_NOT_BEGUN: Final = f"{NOT_DONE}: the answer ended before."


class ResumedTurn:
    """Completes the record of a turn, at any moment, however the run ends.

    `refusals` are the results of refused calls, by their id, and `undecided` the ids of calls to ask about again.
    `approved` are the ids and tools of approved calls: another call may go on with an approved one inside it.
    `effects` are those of the run; they move to the record with the results. `is_active` once the run goes on, and
    `taken_up` once a call may have been made.
    """

    def __init__(self, turn: TurnRecord, desk: ApprovalDesk | None, effects: RunEffects) -> None:
        self.is_active = False
        self.settled = False
        self.taken_up = False
        self.refusals: Mapping[str, str] = {}
        self.undecided: Collection[str] = ()
        self.approved: Collection[tuple[str, str]] = ()
        self._turn = turn
        self._desk = desk
        self._effects = effects
        self._hosted: list[dict[str, Any]] = []
        self._earlier_effects = len(turn.effects)
        self._ended_here: set[str | None] = set()

    def edit(self, arguments: Mapping[str, str]) -> None:
        """Record the arguments that the user gave to calls, by their id: they are what the tools get."""
        items = [
            {**item, "arguments": arguments[id_]} if (id_ := str(call_id(item))) in arguments else item
            for item in self._turn.model_items
        ]
        self._turn = msgspec.structs.replace(self._turn, model_items=items)

    def broken_off(self) -> TurnRecord:
        """Return the record for a run that never ends: each call has the result that is true until there is another."""
        return self._ended({}, None, None, is_over=False)

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
        self._ended_here = {answered_id(item) for item in ended if item.get("type") == "function_call_output"}
        self._ended_here -= self.refusals.keys()
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
        return self._ended(results, asked, open_call, is_over=True)

    def withhold(self, output: str) -> None:
        """Withhold the results of the run's calls, and of their effects those that hold a rejected output."""
        if not self.settled:
            return  # Their results are not recorded yet, and the transcript has dropped them.
        calls = {str(call_id(item)): item for item in self._turn.model_items if item.get("type") == "function_call"}
        items = [
            result_item(calls[str(id_)], WITHHELD) if (id_ := answered_id(item)) in self._ended_here else item
            for item in self._turn.model_items
        ]
        earlier, own = self._turn.effects[: self._earlier_effects], self._turn.effects[self._earlier_effects :]
        self._turn = msgspec.structs.replace(self._turn, model_items=items, effects=[*earlier, *withheld(own, output)])

    def _ended(
        self,
        results: Mapping[str, dict[str, Any]],
        asked: OpenApprovals | None,
        open_call: OpenCall | None,
        *,
        is_over: bool,
    ) -> TurnRecord:
        ended, unknown = [], []
        for call in waiting(self._turn.model_items):
            id_ = str(call_id(call))
            if id_ in results:
                ended.append(results[id_])
            elif id_ in self.refusals or (asked is None and (open_call is None or open_call.call_id != id_)):
                ended.append(result_item(call, text := self._text(call, is_over=is_over)))
                unknown += unknown_effect(call) if text == UNKNOWN else []
        turn = self._with(ended)
        effects = [*turn.effects, *unknown]
        return msgspec.structs.replace(turn, approvals=asked, open_call=open_call, effects=effects)

    def _text(self, call: Mapping[str, Any], *, is_over: bool) -> str:
        """The result of a call without one; only a run that is over knows which calls were made."""
        id_ = str(call_id(dict(call)))
        if id_ in self.refusals:
            return self.refusals[id_]
        if not self.taken_up or id_ in self.undecided:
            return NOT_TAKEN_UP
        if is_over and call["type"] == "function_call":
            if id_ in self._effects.known:
                return WITHHELD
            if id_ not in self._effects.started and (id_, call["name"]) in self.approved:
                return _NOT_BEGUN
        return UNKNOWN

    def _with(self, results: Sequence[dict[str, Any]]) -> TurnRecord:
        effects = [*self._turn.effects, *self._effects.take()]
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
