"""Lean imports: the import of the program without the parts of libraries that a start does not use."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Final

from app.patches.absent_packages import absent
from app.patches.garbage_collection import uncollected
from app.patches.hidden_variables import import_without_variables
from app.patches.lazy_imports import make_lazy
from app.patches.register import ABSENT_PACKAGES, LAZY_IMPORTS
from app.patches.switch import switch

LAZY: Final = frozenset(
    {
        "agents",  # Its loop is for answers, and brings a sandbox with file systems and shells.
        "jwt",  # A single local user never has a token, and its algorithms bring the whole of cryptography.
        "griffe",  # The Agents SDK reads docstrings with it; it also brings an inspector of whole programs.
        "mcp",  # The client is needed without the server.
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
    "rich",  # structlog would draw tracebacks with it; ours are plain.
)


@contextmanager
def lean_imports(env_file: str = "") -> Iterator[None]:
    """Import the program within the block, before anything of it is imported. Once a process.

    `APP_PATCHES` is read first, from the environment or from `env_file`; with `off` libraries are imported whole.
    """
    if env_file:
        switch.read(env_file)
    if LAZY_IMPORTS.is_on:  # Each package checks by itself whether it fits, when it is imported.
        make_lazy(LAZY)
    optional = absent(OPTIONAL) if ABSENT_PACKAGES.is_on else nullcontext()
    with optional, uncollected():
        import_without_variables()
        yield
