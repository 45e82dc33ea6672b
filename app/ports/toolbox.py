"""Tools as both sides of MCP see them: a name, a schema, and a call that returns text."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Never

import msgspec

from app.domain.errors import NotFoundError
from app.domain.identity import RequestContext
from app.domain.language import _


class ToolSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A tool that may be called; `schema` is the JSON schema of its arguments, an object. One that is `read_only`
    changes nothing."""

    name: str
    description: str
    schema: Mapping[str, Any]
    read_only: bool = False


class ToolResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a call returned. `failed` says that nothing was done, and `text` why, for a model to read."""

    text: str
    failed: bool = False


class Toolbox(ABC):
    """Some tools, and the way to call them."""

    @property
    @abstractmethod
    def tools(self) -> Sequence[ToolSpec]:
        """Those that can be called now, each name once. Does no I/O."""

    @abstractmethod
    async def call(self, name: str, arguments: Mapping[str, Any], context: RequestContext) -> ToolResult:
        """Call a tool for somebody. A tool that fails is a result; an unknown name raises `NotFoundError`."""


class EmptyToolbox(Toolbox):
    """No tools."""

    @property
    def tools(self) -> Sequence[ToolSpec]:
        """None."""
        return ()

    async def call(self, name: str, arguments: Mapping[str, Any], context: RequestContext) -> Never:
        """Nothing can be called. Raises `NotFoundError`."""
        raise NotFoundError(_("There is no tool “{name}”.", name=name[:80]))
