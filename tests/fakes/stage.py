"""A stage on which a tool can ask; what it asks is kept."""

from collections.abc import Mapping
from typing import Any

from app.adapters.agents_sdk.questions.pending_questions import Questions
from app.domain.ids import new_id


class AskingStage(Questions):
    """Asks as a run does; the tests' stages add what they look at."""

    interactive = True

    def __init__(self) -> None:
        super().__init__("thr_1", lambda kind: new_id("msg"))
        self.effects: list[tuple[str, Mapping[str, Any]]] = []

    def effect(self, name: str, data: Mapping[str, Any]) -> None:
        """Keep it."""
        self.effects.append((name, data))

    def changed(self, call_id: str) -> None:
        """Keep nothing: no answer is tried again."""
