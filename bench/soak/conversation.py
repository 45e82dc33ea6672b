"""One user's conversation: questions, and what happens to the answers."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Callable
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
    began: float = msgspec.field(default_factory=time.monotonic)
    seen: list[Seen] = msgspec.field(default_factory=list)
    breaks: int = 0
    """Connections that ended, or were refused, when the user had not left."""
    tries: int = 0
    gave_up: str = ""


class Conversation:
    """Asks its questions one after the other; nothing that breaks ends it."""

    def __init__(self, connect: Callable[[str], Client], number: int, seed: int) -> None:
        self._random = random.Random(f"{seed}/{number}")
        self._connect = connect
        self._number = number
        self.thread_id = ""
        self.answers: list[Answer] = []

    async def run(self) -> None:
        """Hold it."""
        client = self._connect(f"tab-{self._number}")
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
        async with asyncio.TaskGroup() as tabs:
            await self._insist(client, answer, count, tabs)
        answer.thread_id = self.thread_id

    async def _insist(self, client: Client, answer: Answer, count: int, tabs: asyncio.TaskGroup) -> None:
        deadline = time.monotonic() + PATIENCE
        while not await self._tried(client, answer, count, tabs):
            if time.monotonic() > deadline:
                answer.gave_up = "no try came through"
                break
            await asyncio.sleep(0.3)

    async def _tried(self, client: Client, answer: Answer, count: int, tabs: asyncio.TaskGroup) -> bool:
        """Whether the question needs no further try."""
        answer.tries += 1
        seen = answer.seen[0]
        cut = None if answer.fate is Fate.READ else self._random.randint(1, count)
        try:
            async with aclosing(client.ask(answer.question, self.thread_id or None, seen)) as events:
                ended = await self._follow(events, cut, answer, client, tabs)
        except BrokenError:
            answer.breaks += 1
            if not self.thread_id or not seen.events:
                return False
            ended = False
        if not ended and answer.fate is not Fate.LEAVE:
            await self._come_back(client, answer, seen, again=answer.fate is Fate.TWO_REFRESHES)
        return True

    async def _follow(
        self,
        events: AsyncGenerator[Event, None],
        cut: int | None,
        answer: Answer,
        client: Client,
        tabs: asyncio.TaskGroup,
    ) -> bool:
        """Read on, up to `cut` words; whether the stream came to its end."""
        seen = answer.seen[0]
        async for _ in events:
            self.thread_id = self.thread_id or seen.thread_id
            if cut is None or sum(map(len, seen.texts.values())) < cut:
                continue
            cut = None
            if answer.fate is Fate.STOP:
                await client.stop(self.thread_id)
            elif answer.fate is Fate.WATCH:
                answer.seen.append(Seen())
                tabs.create_task(self._watch(answer, answer.seen[-1]))
            else:
                return False
        return True

    async def _watch(self, answer: Answer, seen: Seen) -> None:
        """A second tab that opens now and reads the same turn from its beginning."""
        tab = self._connect(f"tab-{self._number}b")
        try:
            await self._come_back(tab, answer, seen)
        finally:
            await tab.aclose()

    async def _come_back(self, client: Client, answer: Answer, seen: Seen, *, again: bool = False) -> None:
        """Open the thread again and go on reading until there is no more, as often as it takes."""
        left = time.monotonic()
        while time.monotonic() < left + PATIENCE:
            try:
                await client.open(self.thread_id)
                async with aclosing(client.resume(self.thread_id, seen)) as events:
                    async for _ in events:
                        seen.away, left = max(seen.away, time.monotonic() - left), time.monotonic()
                        if again and self._random.random() < 0.1:
                            again = False
                            break
                    else:
                        if seen.whole:
                            seen.away = max(seen.away, time.monotonic() - left)
                            return
            except BrokenError:
                answer.breaks += 1
                await asyncio.sleep(0.3)
        answer.gave_up = "the stream did not end"
