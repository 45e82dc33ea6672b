"""Tripwires: a guardrail that ended a run, and the sentence for the user in place of the answer."""

import inspect
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final, Literal

import msgspec
import structlog
from agents.exceptions import (
    AgentsException,
    InputGuardrailTripwireTriggered,
    OutputGuardrailTripwireTriggered,
    ToolInputGuardrailTripwireTriggered,
    ToolOutputGuardrailTripwireTriggered,
)

from app.domain.errors import Actor
from app.domain.language import _

log = structlog.get_logger(__name__)

TripwireKind = Literal["input", "output", "tool_input", "tool_output"]

WITHHELD: Final = "[withheld: a guardrail rejected it]"
"""Replaces a rejected text wherever a record needs one."""


class Tripwire(msgspec.Struct, frozen=True, kw_only=True):
    """A guardrail that ended a run: what it checked, its name, the agent, and its own `output_info`.

    `locale` is the user's language, or None.
    """

    kind: TripwireKind
    guardrail: str
    agent: str = ""
    output_info: Any = None
    locale: str | None = None

    @property
    def actor(self) -> Actor:
        """The user can word a rejected message differently; a rejected answer is the operator's matter."""
        return "user" if self.kind == "input" else "operator"


GuardrailMessage = str | Callable[[Tripwire], str | Awaitable[str]]
"""An assistant's sentence for the user when a guardrail rejects a message or an answer."""


def tripwire_of(error: BaseException, locale: str | None) -> Tripwire | None:
    """Return the tripwire that an error stands for, also one that a tool or a nested run passed on."""
    for cause in causes(error):
        if (found := _tripwire(cause)) is not None:
            return msgspec.structs.replace(found, locale=locale)
    return None


async def sentence(message: GuardrailMessage | None, tripwire: Tripwire) -> str:
    """Return the assistant's sentence for the user; a default one where it has none, or fails to make one."""
    if isinstance(message, str):
        return message.strip() or _default(tripwire)
    if message is None:
        return _default(tripwire)
    try:
        made = message(tripwire)
        text: object = await made if inspect.isawaitable(made) else made
    except Exception:
        log.exception("assistant crashed", part="guardrail_message", guardrail=tripwire.guardrail)
        return _default(tripwire)
    if not isinstance(text, str) or not text.strip():
        got = type(text).__name__
        log.error("guardrail_message returned no text", guardrail=tripwire.guardrail, got=got)
        return _default(tripwire)
    return text.strip()


def _default(tripwire: Tripwire) -> str:
    match tripwire.kind:
        case "input":
            return _("I cannot answer this message: it is outside of what I may talk about here. Please ask otherwise.")
        case "output":
            return _("I had an answer to this, but a check of this chat rejected it, so it is not shown.")
        case _:
            return _("I stopped here: a check of this chat does not allow the step that comes next.")


def _tripwire(error: BaseException) -> Tripwire | None:
    kind: TripwireKind
    result: Any
    match error:
        case InputGuardrailTripwireTriggered(guardrail_result=result):
            kind = "input"
        case OutputGuardrailTripwireTriggered(guardrail_result=result):
            kind = "output"
        case ToolInputGuardrailTripwireTriggered():
            kind, result = "tool_input", error
        case ToolOutputGuardrailTripwireTriggered():
            kind, result = "tool_output", error
        case _:
            return None
    agent = result.agent.name if kind == "output" else last_agent(error)
    return Tripwire(
        kind=kind, guardrail=result.guardrail.get_name(), agent=agent, output_info=result.output.output_info
    )


def last_agent(error: BaseException) -> str:
    """Return the name of the agent that ran when the SDK raised the error; empty where the SDK does not say."""
    details = error.run_data if isinstance(error, AgentsException) else None
    return "" if details is None else details.last_agent.name


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and those that led to it, the newest first."""
    seen: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and not any(cause is one for one in seen):
        yield cause
        seen.append(cause)
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
