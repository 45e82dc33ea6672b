"""Tool context: the stage, the request and the thread that a running tool can use."""

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from typing import Any, Protocol

import msgspec
from agents import RunContextWrapper
from chatkit.types import StructuredInput, ThreadMetadata
from chatkit.widgets import WidgetRoot

from app.domain.identity import RequestContext


class Stage(Protocol):
    """The stage: a tool's connection to the user and to the page around the chat.

    `interactive` is false where a program called the tool and no user can see or answer.
    """

    @property
    def interactive(self) -> bool:
        """True if a user sees the stage and can answer."""

    def show_widget(self, widget: WidgetRoot, copy_text: str | None = None) -> None:
        """Add a widget to the thread, below the running tools' workflow.

        Raises `InvalidInputError` for a widget with more than 500 components.
        """

    def ask(self, call_id: str, inputs: Sequence[StructuredInput]) -> list[list[str]]:
        """Ask the user, and return the values of each input: chosen or typed, none where the user skipped.

        The first call raises, which interrupts the tool. After the user's answer the tool runs again from its start,
        maybe in another process, and this method returns. So change nothing before it, and let the question show all
        that depends on the answer: a question that reads differently is asked again. A tool call asks one question
        in its lifetime; several inputs are one question. Raises `InvalidInputError` for a too large form.
        """

    def was_asked(self, call_id: str) -> bool:
        """True if this call has asked the user before.

        Then the call must ask again, even without a need for it now: the answer may have been no.
        """

    def call_page(self, call_id: str, name: str, arguments: Mapping[str, Any]) -> Any:
        """Call the page's own tool `name`, and return its result: any JSON, which the caller must validate.

        Interrupts the tool as `ask` does. If the page does not answer in time, the tool does not run again.
        """

    def effect(self, name: str, data: Mapping[str, Any]) -> None:
        """Send a client effect to the page around the chat, without an answer."""

    def changed(self, call_id: str) -> None:
        """Record that this call changed something, so that a retried answer does not make the change again.

        Only tools in the assistant's `tracked` call this; each call of another tool counts as a change. Idempotent.
        """

    def progress(self, text: str) -> None:
        """Show a progress line; the next event replaces it."""


class TurnContext(msgspec.Struct, kw_only=True):
    """The run context of the Agents SDK; each tool reads it as `ctx.context`.

    `own` is the context that the assistant's own function made for this turn; its tools then read that one.
    """

    request: RequestContext
    thread: ThreadMetadata
    stage: Stage
    own: Any = None

    @property
    def for_run(self) -> Any:
        """What the Agents SDK gives to tools, instructions, guardrails and hooks."""
        return self if self.own is None else self.own


current_turn: ContextVar[TurnContext] = ContextVar("current_turn")
"""The context of the turn that this code runs in."""


def turn_context(ctx: RunContextWrapper[Any]) -> TurnContext:
    """Return the turn's context also where the assistant, or a run inside a tool, has a context type of its own.

    Raises `LookupError` outside a turn.
    """
    return ctx.context if isinstance(ctx.context, TurnContext) else current_turn.get()
