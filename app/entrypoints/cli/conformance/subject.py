"""The subject of the checks: a server, its users and the prompts."""

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
"""Messages that provoke an answer in text, a long one, a form, a client tool call, a widget."""


class Subject:
    """A server as one user sees it, and a second user where one is configured."""

    def __init__(self, user: Chat, other: Chat | None = None, prompts: Mapping[str, str] = PROMPTS) -> None:
        self.user = user
        self.other = other
        self.prompts = {**PROMPTS, **prompts}
        self._greeting: Answer | None = None
        self._shown: Answer | None = None

    async def greeting(self) -> Answer:
        """Return a first exchange in a thread of its own; made once, because answers cost money."""
        if self._greeting is None:
            self._greeting = await self.user.say(self.prompts["talk"])
        return self._greeting

    async def talk(self) -> Answer:
        """Make a first exchange in a fresh thread, for checks that change the thread."""
        return await self.user.say(self.prompts["talk"])

    async def shown(self) -> Answer:
        """Return an exchange that should show a widget; made once."""
        if self._shown is None:
            self._shown = await self.user.say(self.prompts["widget"])
        return self._shown
