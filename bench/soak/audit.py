"""Compares what was seen with what is stored."""

from collections import Counter
from collections.abc import Iterable, Iterator

from bench.soak.client import Client, Event, Seen, text_of
from bench.soak.conversation import Answer, Conversation, Fate

LOST_SECONDS = 1.0
"""So much of an answer may be lost when the process that writes it is killed."""


class Audit:
    """Differences, and figures to go with them."""

    def __init__(self) -> None:
        self.differences: list[str] = []
        self.figures: Counter[str] = Counter()

    async def compare(self, url: str, conversations: Iterable[Conversation]) -> None:
        """Look at every answer of every conversation."""
        client = Client(url, "audit")
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
            if answer.gave_up:
                self._differ(answer, f"gave up: {answer.gave_up}")
            if asked[answer.question] > 1:
                self._differ(answer, f"asked {asked[answer.question]} times")
            self._answer(answer, stored.get(answer.question))

    def _answer(self, answer: Answer, stored: str | None) -> None:
        if stored is None:
            if answer.seen[0].text:
                self._differ(answer, "was seen, and is not stored")
            return
        if not answer.whole.startswith(stored):
            self._differ(answer, f"is stored wrongly: …{stored[-60:]!r}")
        for seen in answer.seen:
            self._seen(answer, seen, stored)

    def _seen(self, answer: Answer, seen: Seen, stored: str) -> None:
        self.figures["events seen"] += seen.events
        if not answer.whole.startswith(seen.text):
            self._differ(answer, f"was seen wrongly: …{seen.text[-60:]!r}")
        if answer.broken_at or seen.error:
            self.figures["answers hit by a crash or restart"] += 1
            if not stored.startswith(seen.until(answer.broken_at - LOST_SECONDS)):
                self._differ(answer, f"lost more than {LOST_SECONDS:g} s of {len(seen.text)} characters")
        elif answer.fate is Fate.LEAVE:
            if not stored.startswith(seen.text):
                self._differ(answer, f"{seen.text[-30:]!r} was seen and is not stored")
        elif seen.text != stored:
            self._differ(answer, f"seen …{seen.text[-30:]!r}, stored …{stored[-30:]!r}")

    async def _no_thread_is_double(self, client: Client, conversations: Iterable[Conversation]) -> None:
        known = {conversation.thread_id for conversation in conversations}
        strays = [thread for thread in await client.threads() if thread["id"] not in known]
        self.figures["threads that nobody knows of"] = len(strays)
        for thread in strays:
            self.differences.append(f"thread {thread['id']} ({thread.get('title')}) was begun for nobody")

    def _differ(self, answer: Answer, how: str) -> None:
        self.differences.append(f"{answer.question} in {answer.thread_id}, {answer.fate}, tries {answer.tries}: {how}")


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
