"""What was begun for ChatKit's requests, by request."""

from chatkit.server import NonStreamingResult

from app.application.doubles import Doubles
from app.application.turn import Turn


class Begun(Doubles[Turn | NonStreamingResult]):
    """A stream, or one object."""
