"""What of our libraries a start leaves out, by name. All of it comes back as soon as something asks for it.

Measured on the Agents SDK 0.24 and openai 3: without this, importing takes more than twice as long and 40 MB more.
"""

import gc
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final, TypeVar

from app.patches.lazy_imports import make_lazy
from app.startup.agents_without_mcp import mcp_stood_in_for

_T = TypeVar("_T")

LAZY: Final = frozenset(
    {
        "agents",  # Its loop is for answers, and brings a sandbox with file systems and shells.
        "jwt",  # A single local user never has a token, and its algorithms bring the whole of cryptography.
        "griffe",  # The Agents SDK reads docstrings with it; it also brings an inspector of whole programs.
        "mcp",  # Who wants its client has no use for its server.
        "mcp.types",
        "openai.types",  # Batches, evaluations, fine-tuning and the rest of an API of which we use answers.
        "openai.types.audio",
        "openai.types.beta",  # LiteLLM wants three of these 450 modules, a third of its time to import.
        "openai.types.beta.agents",
        "openai.types.beta.agents.sessions",
        "openai.types.beta.threads",
        "openai.types.beta.threads.runs",
        "openai.types.chat",
        "openai.types.fine_tuning",
        "openai.types.graders",
        "openai.types.responses",
        "yaml",  # Litestar could write its API document with it.
        "sqlalchemy.ext.asyncio",  # Its sessions bring the whole of the ORM.
    }
)

OPTIONAL: Final = (
    "aiohttp",  # Another way to connect for openai's client, which only LiteLLM uses.
    "advanced_alchemy",  # Litestar would shape its pages by it, and `memory://` has no use for it.
    "rich",  # structlog would draw tracebacks with it, and the values of local variables into them, secrets as well.
)

UNREAD: Final = (
    "LOG_LEVEL",  # ChatKit makes a log level of it, and its import fails at one that Python does not have.
)
"""Variables that a library reads when it is imported, for what our own settings decide anyway."""


@contextmanager
def sparingly() -> Iterator[None]:
    """For the import of the program, before anything of it is imported. Once a process."""
    make_lazy(LAZY)
    with absent(OPTIONAL), without_variables(UNREAD), uncollected(), models_built_when_used():
        with mcp_stood_in_for():
            import_module("agents.agent")
            import_module("chatkit.server")
        yield


@contextmanager
def beside_others() -> Iterator[None]:
    """For what is imported by a server at work, in a thread, before somebody waits for it."""
    with uncollected(), models_built_when_used():
        yield


@contextmanager
def uncollected() -> Iterator[None]:
    """What the block makes is taken to stay for good: no collection looks at it, in the block or later.

    A full collection of all that the libraries make takes a tenth of a second, in which no token moves.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def absent(packages: Sequence[str]) -> Iterator[None]:
    """Within the block, importing one of `packages` fails as if it were not installed, unless it is imported already.

    https://docs.python.org/3/reference/import.html#the-module-cache
    """
    hidden = [name for name in packages if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None is documented to mean this
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


@contextmanager
def without_variables(names: Sequence[str]) -> Iterator[None]:
    """Within the block, these environment variables are not set. Only for a process that has no second thread yet."""
    hidden = {name: os.environ.pop(name) for name in names if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(hidden)


@contextmanager
def models_built_when_used() -> Iterator[None]:
    """Within the block, pydantic's models and type adapters come without validators, and build them when first used.

    That is pydantic's own setting `defer_build`, which classes inherit from the one they extend. The Agents SDK and MCP
    have hundreds of models, of which a conversation uses a few; ChatKit's are built as soon as the server listens.
    """
    import pydantic

    at_once, config = pydantic.TypeAdapter, pydantic.BaseModel.model_config

    class TypeAdapter(at_once[_T]):  # type: ignore[valid-type,misc]
        def __init__(self, of: Any, *, config: Any = None, _parent_depth: int = 2, module: str | None = None) -> None:
            depth = _parent_depth + 1
            try:
                super().__init__(of, config=config or {"defer_build": True}, _parent_depth=depth, module=module)
            except pydantic.PydanticUserError:  # it has settings of its own
                super().__init__(of, config=config, _parent_depth=depth, module=module)

    pydantic.TypeAdapter = TypeAdapter  # type: ignore[misc,assignment]
    pydantic.BaseModel.model_config = {**config, "defer_build": True}
    try:
        yield
    finally:
        pydantic.TypeAdapter = at_once  # type: ignore[misc]
        pydantic.BaseModel.model_config = config
