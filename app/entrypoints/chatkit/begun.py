"""What was begun for ChatKit's requests, by request."""

from chatkit.server import NonStreamingResult

from app.application.doubles import Doubles
from app.application.turn import Turn


class Begun(Doubles[Turn | NonStreamingResult]):
    """A stream, which is lost when it was cut off because nobody followed it, or one object."""

    def __init__(self) -> None:
        super().__init__(lost=lambda answer: isinstance(answer, Turn) and answer.cut is not None)
