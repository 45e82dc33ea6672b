"""Assistant report: the form of an assistant, its parts, and the outlook for them with the models of this server."""

from collections.abc import Sequence
from typing import Literal

import msgspec

Actor = Literal["operator", "author", "author or operator"]
"""Who must act: the operator sets variables, the author writes the assistant."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A part of an agent or of an assistant, such as a function tool.

    `needs` are the types that the wire to the model must carry, by the names of `Capabilities.hosted_tools`, beside
    `tools` for any function and `stored_prompts`.
    """

    kind: str
    name: str
    remark: str = ""
    needs: frozenset[str] = frozenset()


class AgentFacts(msgspec.Struct, frozen=True, kw_only=True):
    """An agent; `model` is the name that it gives, None for the model of the message."""

    name: str
    model: str | None = None
    parts: Sequence[Part] = ()


class AssistantFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The description that a form gives of itself: its agents as far as they are known, the first one first.

    `keeps` are the features of this server that hold for the form. `warnings` are no mistakes. `is_graph` is True when
    each turn starts at the first agent, and the start refuses a part whose need no model meets.
    """

    form: str
    name: str
    agents: Sequence[AgentFacts] = ()
    parts: Sequence[Part] = ()
    keeps: Sequence[str] = ()
    warnings: Sequence[str] = ()
    is_graph: bool = True


class ModelFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A model that may answer, its role, and the abilities that its provider declares."""

    id: str
    role: str
    abilities: Sequence[str] = ()


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A mistake that stops the start, and who must act."""

    text: str
    actor: Actor


class AssistantReport(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a check; without `facts` the assistant could not be loaded."""

    assistant: str
    file: str = ""
    line: int | None = None
    facts: AssistantFacts | None = None
    models: Sequence[ModelFacts] = ()
    settings: Sequence[str] = ()
    works: Sequence[str] = ()
    problems: Sequence[Finding] = ()
    warnings: Sequence[str] = ()

    @property
    def servable(self) -> bool:
        """True when a server would start with the assistant."""
        return not self.problems
