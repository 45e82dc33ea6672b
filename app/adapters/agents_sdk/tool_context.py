"""What a tool may use while it runs."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec
from chatkit.types import StructuredInput, ThreadMetadata
from chatkit.widgets import WidgetRoot

from app.domain.identity import RequestContext


class Stage(Protocol):
    """Where a tool shows things to the user.

    `interactive` is false where nobody watches and nobody can answer: a program called the tool.
    """

    @property
    def interactive(self) -> bool:
        """Whether there is a user."""

    def show_widget(self, widget: WidgetRoot, copy_text: str | None = None) -> None:
        """Put a widget into the thread, below the running tools' workflow. Raises `InvalidInputError` for one of more
        than 500 components."""

    def ask(self, call_id: str, inputs: Sequence[StructuredInput]) -> list[list[str]]:
        """The user's answer to each of `inputs`: the values they chose or typed, none where they skipped.

        The first time this interrupts the tool by raising; when the user has answered, maybe in another process, the
        tool is called again from its beginning and gets here with the answer. So nothing may be changed before it,
        and what was decided from the answer should be seen in the question: one that reads differently is asked anew.
        One call of a tool asks one thing; several inputs are one thing.
        """

    def was_asked(self, call_id: str) -> bool:
        """Whether the user was asked by this call before. Then it must ask again, even if by now it would not need to:
        the answer was for what the question said, and might have been no."""

    def call_page(self, call_id: str, name: str, arguments: Mapping[str, Any]) -> Any:
        """What the page's own tool `name` returns: any JSON, from outside, so it is data to be checked.

        Interrupts the tool as `ask` does. A page that does not answer in time never brings it back.
        """

    def effect(self, name: str, data: Mapping[str, Any]) -> None:
        """Tell the page around the chat that something has happened, so that it can follow; nothing comes back."""

    def changed(self, call_id: str) -> None:
        """Note that this call has changed something: an answer that is tried again does not make it a second time. For
        tools in the assistant's `tracked`; a call of any other is taken for one that has."""

    def progress(self, text: str) -> None:
        """Say in a line what is being done; the next event replaces it."""


class TurnContext(msgspec.Struct, kw_only=True):
    """The Agents SDK's run context: every tool finds it as `ctx.context`."""

    request: RequestContext
    thread: ThreadMetadata
    stage: Stage
