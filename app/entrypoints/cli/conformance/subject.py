"""The server that is examined, and what there is to know of it beforehand."""

from collections.abc import Mapping
from typing import Final

from app.entrypoints.cli.conformance.wire import Answer, Chat

PROMPTS: Final[Mapping[str, str]] = {
    "talk": "Hello!",
    "long": "Please count from 1 to 300",
    "form": "Add a task",
    "page": "Which task is selected?",
    "widget": "Show me my tasks",
}
"""What is said to get an answer in words, a long one, a form, a call of the page, a widget."""


class Subject:
    """A server seen by one user, and by another one if there is a way to be another."""

    def __init__(self, user: Chat, other: Chat | None = None, prompts: Mapping[str, str] = PROMPTS) -> None:
        self.user = user
        self.other = other
        self.prompts = {**PROMPTS, **prompts}
        self._greeting: Answer | None = None
        self._shown: Answer | None = None

    async def greeting(self) -> Answer:
        """A first exchange in a thread of its own, made once: answers cost money."""
        if self._greeting is None:
            self._greeting = await self.user.say(self.prompts["talk"])
        return self._greeting

    async def talk(self) -> Answer:
        """The same in a fresh thread, for checks that change it."""
        return await self.user.say(self.prompts["talk"])

    async def shown(self) -> Answer:
        """An exchange that should show a widget, made once."""
        if self._shown is None:
            self._shown = await self.user.say(self.prompts["widget"])
        return self._shown
