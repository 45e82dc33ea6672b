"""The model behind it: speaks OpenAI's Responses API, answers at once, and never ends a long answer."""

import itertools
import json

from tests.fakes.responses_wire import Responses
from tests.fakes.upstream import Hold, Reply, Request, stream

SAID = ("Hello", " there,", " how", " are", " you?")


class QuickModel:
    """Each answer has an id of its own, as OpenAI's have."""

    def __init__(self) -> None:
        self._wire = Responses()
        self._ids = itertools.count(1)

    def __call__(self, request: Request) -> Reply:
        own = f"msg_{next(self._ids):08d}".encode()
        frames = [*self._wire.begin(*SAID)]
        endless = "count from" in json.dumps(request.body["input"][-1])
        if not endless:
            frames += self._wire.end(*SAID)
        frames = [frame.replace(b'"msg_1"', b'"' + own + b'"') for frame in frames]
        return stream(*frames, *([Hold()] if endless else []))
