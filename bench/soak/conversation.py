"""One user's conversation: questions, and what happens to the answers."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from enum import StrEnum

import msgspec

from bench.soak.client import BrokenError, Client, Event, Seen
from bench.soak.upstream import words

PATIENCE = 60.0
"""Seconds in which a crashed replica has to be replaced, its lease run out and its turn recovered."""


class Fate(StrEnum):
    """What the user does while an answer comes."""

    READ = "read to the end"
    REFRESH = "refreshed in the middle"
    TWO_REFRESHES = "refreshed twice"
    STOP = "stopped"
    LEAVE = "left for good"
    WATCH = "watched from a second tab"


WEIGHTS = {Fate.READ: 4, Fate.REFRESH: 4, Fate.TWO_REFRESHES: 1, Fate.STOP: 2, Fate.LEAVE: 1, Fate.WATCH: 2}


class Answer(msgspec.Struct):
    """One question, and everything that is known of its answer; the audit compares."""

    question: str
    whole: str
    fate: Fate
    thread_id: str = ""
    seen: list[Seen] = msgspec.field(default_factory=list)
    broken_at: float = 0.0
    """When a connection broke that the user had not closed."""
    tries: int = 0
    gave_up: str = ""


class Conversation:
    """Asks its questions one after the other; nothing that breaks ends it."""

    def __init__(self, url: str, number: int, seed: int) -> None:
        self._random = random.Random(f"{seed}/{number}")
        self._url = url
        self._number = number
        self.thread_id = ""
        self.answers: list[Answer] = []

    async def run(self) -> None:
        """Hold it."""
        client = Client(self._url, f"tab-{self._number}")
        try:
            for turn in range(self._random.randint(1, 3)):
                await self._ask(client, turn)
        finally:
            await client.aclose()

    async def _ask(self, client: Client, turn: int) -> None:
        name, count = f"c{self._number}t{turn}", self._random.randint(10, 60)
        fate = self._random.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        answer = Answer(f"count {count} as {name}", words(count, name), fate, seen=[Seen()])
        self.answers.append(answer)
        deadline = time.monotonic() + PATIENCE
        while not await self._tried(client, answer, count):
            if time.monotonic() > deadline:
                answer.gave_up = answer.gave_up or "no try came through"
                break
            await asyncio.sleep(0.3)
        answer.thread_id = self.thread_id

    async def _tried(self, client: Client, answer: Answer, count: int) -> bool:
        """Whether the question needs no further try."""
        answer.tries += 1
        seen = answer.seen[0]
        cut = self._random.randint(1, count)
        try:
            async with aclosing(client.ask(answer.question, self.thread_id or None, seen)) as events:
                ended = await self._follow(events, seen, None if answer.fate is Fate.READ else cut, answer, client)
            answer.gave_up = ""
        except BrokenError as error:
            answer.broken_at = answer.broken_at or time.monotonic()
            answer.gave_up = str(error)
            if not self.thread_id or not seen.events:
                return False
            ended = False
        if not ended and answer.fate is not Fate.LEAVE:
            await self._come_back(client, answer, seen)
        return True

    async def _follow(
        self, events: AsyncGenerator[Event, None], seen: Seen, cut: int | None, answer: Answer, client: Client
    ) -> bool:
        """Read on, up to `cut` words; whether the stream came to its end."""
        async for _ in events:
            self.thread_id = self.thread_id or seen.thread_id
            if cut is None or sum(map(len, seen.texts.values())) < cut:
                continue
            cut = None
            if answer.fate is Fate.STOP:
                await client.stop(self.thread_id)
            elif answer.fate is Fate.WATCH:
                answer.seen.append(await self._watch())
            else:
                return False
        return True

    async def _watch(self) -> Seen:
        """A second tab that opens now and reads the same turn from its beginning."""
        seen, tab = Seen(), Client(self._url, f"tab-{self._number}b")
        try:
            async for _ in tab.resume(self.thread_id, seen):
                pass
        except BrokenError:
            seen.error = {"type": "broken"}
        finally:
            await tab.aclose()
        return seen

    async def _come_back(self, client: Client, answer: Answer, seen: Seen) -> None:
        """Open the thread again and go on reading, as often as it takes."""
        deadline = time.monotonic() + PATIENCE
        again = answer.fate is Fate.TWO_REFRESHES
        while time.monotonic() < deadline:
            try:
                await client.open(self.thread_id)
                async with aclosing(client.resume(self.thread_id, seen)) as events:
                    async for _ in events:
                        if again and self._random.random() < 0.1:
                            again = False
                            break
                    else:
                        answer.gave_up = ""
                        return
            except BrokenError as error:
                answer.broken_at = answer.broken_at or time.monotonic()
                answer.gave_up = str(error)
                await asyncio.sleep(0.3)
        answer.gave_up = answer.gave_up or "the stream did not end"
