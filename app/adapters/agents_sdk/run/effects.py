"""Run effects: the tool calls of one run that changed something, for a later retry of its answer."""

from collections.abc import Collection, Sequence

from msgspec.structs import replace

from app.adapters.agents_sdk.run.effect_replay import is_replayed
from app.adapters.agents_sdk.run.tripwires import WITHHELD
from app.adapters.agents_sdk.tools.failures import NOT_DONE
from app.ports.turn_log import ToolEffect


class RunEffects:
    """Collects effects in `recorded`. `reporting` names the tools that change something only when they report it.

    `done` are the effects of an answer that this one replaces: a call equal to one of them changes nothing.
    """

    def __init__(self, reporting: Collection[str], done: Sequence[ToolEffect], recorded: list[ToolEffect]) -> None:
        self._reporting = reporting
        self._done = done
        self._recorded = recorded
        self.failed: set[str] = set()
        """Ids of the calls that failed: what they returned is no result, and a retry makes them again."""
        self.started: set[str] = set()
        """Ids of the calls that were made."""
        self.known: set[str] = set()
        """Ids of the calls whose effects are recorded, if they have any."""
        self._running: dict[str, tuple[str, str]] = {}

    def effect(self, call_id: str, tool: str, arguments: str, result: str, *, reported: bool) -> ToolEffect | None:
        """Return the effect of a finished call, or None if it changed nothing; `reported` is the tool's own report."""
        if call_id in self.failed or result.startswith(NOT_DONE) or (tool in self._reporting and not reported):
            return None
        return ToolEffect(tool=tool, arguments=arguments, result=result)

    def call_started(self, call_id: str, tool: str, arguments: str) -> None:
        """Remember a running call."""
        self._running[call_id] = tool, arguments
        self.started.add(call_id)

    def call_ended(self, call_id: str) -> None:
        """Forget a call that has a result."""
        self._running.pop(call_id, None)
        self.known.add(call_id)

    def record_running(self, changed_by: Collection[str]) -> None:
        """Record the calls that run, without a result: their tools may have changed something, or said so."""
        self.known.update(self._running)
        for call_id, (tool, arguments) in self._running.items():
            self.record(call_id, tool, arguments, WITHHELD, reported=call_id in changed_by)

    def withhold(self, output: str = "") -> None:
        """Withhold the results that hold a rejected output; all of them without an output."""
        self._recorded[:] = withheld(self._recorded, output)

    def take(self) -> list[ToolEffect]:
        """Return the effects so far, for another record than that of this run."""
        taken = self._recorded[:]
        self._recorded.clear()
        return taken

    def record(self, call_id: str, tool: str, arguments: str, result: str, *, reported: bool) -> bool:
        """Record the effect of a finished call; return False for a call without one."""
        effect = self.effect(call_id, tool, arguments, result, reported=reported)
        if effect is None or is_replayed(tool, arguments, self._done):
            return False
        self._recorded.append(effect)
        return True


def withheld(effects: Sequence[ToolEffect], output: str) -> list[ToolEffect]:
    """Return effects without the results that hold a rejected output."""
    return [replace(effect, result=WITHHELD) if output in effect.result else effect for effect in effects]
