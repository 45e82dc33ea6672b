"""Toolbox: tools with a name, a schema and a call that returns text, for both sides of MCP."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Never

import msgspec

from app.domain.errors import NotFoundError
from app.domain.identity import RequestContext
from app.domain.language import _


class ToolSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Specification of a tool; `schema` is the JSON schema of its arguments, an object.

    A `read_only` tool changes nothing.
    """

    name: str
    description: str
    schema: Mapping[str, Any]
    read_only: bool = False


class ToolResult(msgspec.Struct, frozen=True, kw_only=True):
    """Result of a call. When `failed`, nothing was done, and `text` has the reason for the model."""

    text: str
    failed: bool = False


class Toolbox(ABC):
    """Toolbox: a set of tools that can be called."""

    @property
    @abstractmethod
    def tools(self) -> Sequence[ToolSpec]:
        """The tools that can be called now, with unique names. Does no I/O."""

    @abstractmethod
    async def call(self, name: str, arguments: Mapping[str, Any], context: RequestContext) -> ToolResult:
        """Call a tool for the user of `context`. A failure is a result; an unknown name raises `NotFoundError`."""


class EmptyToolbox(Toolbox):
    """Toolbox without tools."""

    @property
    def tools(self) -> Sequence[ToolSpec]:
        """No tools."""
        return ()

    async def call(self, name: str, arguments: Mapping[str, Any], context: RequestContext) -> Never:
        """Raise `NotFoundError`."""
        raise NotFoundError(_("There is no tool “{name}”.", name=name[:80]))
