"""Compares what was seen with what is stored."""

import datetime as dt
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from bench.soak.client import Client, Event, Seen, text_of
from bench.soak.conversation import Answer, Conversation, Fate

LOST_SECONDS = 1.0
"""Seconds of an answer that may be lost when its process is killed."""


class Audit:
    """Differences between stored and seen answers, with figures.

    `deaths` are the times at which replicas were killed: only a kill excuses that less is stored than was seen. An
    answer without a reader for `grace` seconds may end after the text that its user saw.
    """

    def __init__(self, deaths: Sequence[float] = (), *, grace: float = float("inf")) -> None:
        self.differences: list[str] = []
        self.figures: Counter[str] = Counter()
        self._deaths = deaths
        self._grace = grace

    async def compare(self, client: Client, conversations: Iterable[Conversation]) -> None:
        """Look at every answer of every conversation, through a client that is closed afterwards."""
        try:
            for conversation in conversations:
                if conversation.thread_id:
                    self._thread(conversation, await client.items(conversation.thread_id))
            await self._no_thread_is_double(client, conversations)
        finally:
            await client.aclose()

    def _thread(self, conversation: Conversation, items: list[Event]) -> None:
        self.figures["threads"] += 1
        stored = dict(_answers(items))
        asked = Counter(question for question, _ in _answers(items))
        for answer in conversation.answers:
            self.figures["answers"] += 1
            self.figures[answer.fate] += 1
            self.figures["connections that broke"] += answer.breaks
            if answer.gave_up:
                self._differ(answer, f"gave up: {answer.gave_up}")
            if asked[answer.question] > 1:
                self._differ(answer, f"asked {asked[answer.question]} times")
            self._answer(answer, stored.get(answer.question))

    def _answer(self, answer: Answer, stored: str | None) -> None:
        if stored is None:
            self._differ(answer, "is not stored")
            return
        if not answer.whole.startswith(stored):
            self._differ(answer, f"is stored wrongly: …{stored[-60:]!r}")
        for seen in answer.seen:
            self._seen(answer, seen, stored)

    def _seen(self, answer: Answer, seen: Seen, stored: str) -> None:
        self.figures["events seen"] += seen.events
        for disorder in seen.out_of_order:
            self._differ(answer, disorder)
        if not answer.whole.startswith(seen.text):
            self._differ(answer, f"was seen wrongly: …{seen.text[-60:]!r}")
        left = answer.fate is Fate.LEAVE or seen.away > self._grace
        if seen.finished and not left and "".join(seen.finished.values()) != stored:
            self._differ(answer, f"was said to be whole, and is stored as …{stored[-30:]!r}")
        if seen.text == stored or (left and stored.startswith(seen.text)):
            return
        if self._lost_with_a_process(answer, seen, stored):
            self.figures["lost less than a second with a process"] += 1
        else:
            self._differ(answer, f"seen …{seen.text[-30:]!r}, stored …{stored[-30:]!r}")

    def _lost_with_a_process(self, answer: Answer, seen: Seen, stored: str) -> bool:
        deaths = [moment for moment in self._deaths if answer.began <= moment]
        return seen.text.startswith(stored) and any(
            stored.startswith(seen.until(moment - LOST_SECONDS)) for moment in deaths
        )

    async def _no_thread_is_double(self, client: Client, conversations: Iterable[Conversation]) -> None:
        known = {conversation.thread_id for conversation in conversations}
        strays = [thread for thread in await client.threads() if thread["id"] not in known]
        for thread in strays:
            answered = any(item["type"] != "user_message" for item in await client.items(thread["id"]))
            if not answered and self._died_just_after(thread["created_at"]):
                self.figures["threads without an answer that a process left"] += 1
                continue
            self.differences.append(f"thread {thread['id']} ({thread.get('title')}) has no owner who asked for it")

    def _died_just_after(self, created_at: str) -> bool:
        age = time.time() - dt.datetime.fromisoformat(created_at).timestamp()
        return any(0 <= death - (time.monotonic() - age) <= LOST_SECONDS for death in self._deaths)

    def _differ(self, answer: Answer, how: str) -> None:
        what = f"{answer.question} in {answer.thread_id}, {answer.fate}, tries {answer.tries}, breaks {answer.breaks}"
        self.differences.append(f"{what}: {how}")


def _answers(items: list[Event]) -> Iterator[tuple[str, str]]:
    """Each question, with all that was answered before the next one."""
    question, said = "", ""
    for item in items:
        if item["type"] == "user_message":
            if question:
                yield question, said
            question, said = "".join(part["text"] for part in item["content"]), ""
        elif item["type"] == "assistant_message":
            said += text_of(item)
    if question:
        yield question, said
