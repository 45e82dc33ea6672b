"""A stage on which a tool can ask; what it asks is kept."""

from app.adapters.agents_sdk.questions import Questions
from app.domain.ids import new_id


class AskingStage(Questions):
    """Asks as a run does; the tests' stages add what they look at."""

    def __init__(self) -> None:
        super().__init__("thr_1", lambda kind: new_id("msg"))
