"""Workflow transcript: the model items of all runs of one workflow, for the record of the turn."""

from collections.abc import Sequence
from typing import Any

from app.adapters.agents_sdk.input.model_input import neutral
from app.adapters.agents_sdk.run.transcript import RunTranscript

_CALLS = {"function_call", "function_call_output"}


class WorkflowTranscript(RunTranscript):
    """Keeps the calls and results of every run, but the messages and thoughts of the run alone that is the answer.

    Later turns are told what was looked up and done, and not what the agents said to each other.
    """

    def __init__(self) -> None:
        super().__init__(())
        self._runs: list[RunTranscript] = []
        self._answer: RunTranscript | None = None

    def begin(self) -> RunTranscript:
        """Return the transcript of the next run, which is the answer until another run is."""
        self._answer = RunTranscript(())
        self._runs.append(self._answer)
        return self._answer

    def answered_by(self, run: RunTranscript | None) -> None:
        """Keep all items of this run; None where the code wrote the answer."""
        self._answer = run

    def replace(self, items: Sequence[Any]) -> None:
        """Put other items in place of all that the runs did."""
        self._runs, self._answer = [], None
        super().replace(items)

    @property
    def ends_with_a_result(self) -> bool:
        """True when a tool's result came last. See `RunTranscript.ends_with_a_result`."""
        return bool(self._runs) and self._runs[-1].ends_with_a_result

    def items(self, open_call: str | None = None, *, waiting: bool = False) -> list[dict[str, Any]]:
        """Return the items of all runs, in order, then those that were added. See `RunTranscript.items`."""
        kept = []
        for run in self._runs:
            items = run.items(open_call)
            kept += items if run is self._answer else _calls(items)
        return [*kept, *super().items(open_call, waiting=waiting)]


def _calls(items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [item for item in neutral(items) if item.get("type") in _CALLS]
