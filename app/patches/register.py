"""The register of patches: every change of another library's behaviour, and every use of its private names.

`docs/decisions/patches.md` explains the entries. The code that applies a patch asks its entry first.
"""

from collections.abc import Sequence
from typing import Final

from app.patches.patch import PYTHON, Patch

LAZY_IMPORTS: Final = Patch(
    name="lazy package imports",
    target="openai-agents",
    version="0.24",
    kind="speed",
    gain="imports take 0.6 s of CPU instead of 1.25 s, and 45 MB less memory",
    module="app.patches.lazy_imports",
)

ABSENT_PACKAGES: Final = Patch(
    name="absent optional packages",
    target="litestar",
    version="2.25",
    kind="speed",
    gain="imports take 0.6 s of CPU instead of 0.95 s, and 36 MB less memory",
    module="app.patches.absent_packages",
)

HIDDEN_VARIABLES: Final = Patch(
    name="hidden environment variables",
    target="openai-chatkit",
    version="1.6.5",
    kind="safety",
    gain="the server starts also when LOG_LEVEL has a value that Python does not know",
    module="app.patches.hidden_variables",
)

GARBAGE_COLLECTION: Final = Patch(
    name="garbage collection in quiet moments",
    target=PYTHON,
    version="3.",
    kind="speed",
    gain="a full collection takes 5.5 ms instead of 66 ms; imports take 0.6 s instead of 1.1 s",
    module="app.patches.garbage_collection",
)

PLAIN_LITESTAR: Final = Patch(
    name="Litestar without default plugins",
    target="litestar",
    version="2.25",
    kind="speed",
    gain="a start takes up to 0.1 s of CPU and 2.5 MB less",
    module="app.patches.plain_litestar",
)

SINGLE_HOP_SQLITE: Final = Patch(
    name="single-hop SQLite connections",
    target="aiosqlite",
    version="0.22",
    kind="speed",
    gain="an upsert takes 157 µs instead of 547 µs, together with compiled statements",
    module="app.patches.single_hop_sqlite",
)

COMPILED_STATEMENTS: Final = Patch(
    name="compiled statements",
    target="sqlalchemy",
    version="2.0",
    kind="speed",
    gain="an upsert takes 157 µs instead of 547 µs, together with single-hop connections",
    module="app.patches.compiled_statements",
)

AGENT_IDENTITY: Final = Patch(
    name="agent identity by name",
    target="openai-agents",
    version="0.24",
    kind="speed",
    gain="a run takes 720 µs instead of 1,343 µs of CPU, together with static tools",
    module="app.patches.agent_identity",
)

STATIC_TOOLS: Final = Patch(
    name="agents with static tools",
    target="openai-agents",
    version="0.24",
    kind="speed",
    gain="a run takes 720 µs instead of 1,343 µs of CPU, together with agent identity",
    module="app.patches.static_tools_agent",
)

AGENT_REFERENCES: Final = Patch(
    name="agents behind tools and handoffs",
    target="openai-agents",
    version="0.24",
    kind="safety",
    gain="mistakes in agents that are tools or handoffs of others stop the start, and not a user's message",
    module="app.patches.agent_references",
)

RAW_RESPONSE_TOOLS: Final = Patch(
    name="raw tools in Responses requests",
    target="openai-agents",
    version="0.24",
    kind="speed",
    gain="a request takes a millisecond of CPU less for each tool",
    module="app.patches.raw_response_tools",
)

DEFAULT_RUNNER: Final = Patch(
    name="default runner",
    target="openai-agents",
    version="0.24",
    kind="safety",
    gain="runs inside tools, and agents as tools, ask the models that the operator chose, and are counted",
    module="app.patches.default_runner",
)

OPENAI_SEAL: Final = Patch(
    name="OpenAI sealed",
    target="openai-agents",
    version="0.24",
    kind="safety",
    gain="no default of the SDK sends a prompt or a trace to OpenAI",
    module="app.patches.openai_seal",
)

TOOL_FAILURES: Final = Patch(
    name="tool failures",
    target="openai-agents",
    version="0.24",
    kind="safety",
    gain="the crash of any tool is in the log with its traceback, whatever its failure handler does",
    module="app.patches.tool_failures",
)

BOUNDED_CONNECTIONS: Final = Patch(
    name="bounded HTTP connections",
    target="uvicorn",
    version="0.54",
    kind="safety",
    gain="clients cannot hold connections open without end, and read the refusal of a body that is too large",
    module="app.patches.bounded_connections.protocol",
)

LITELLM_SEAL: Final = Patch(
    name="LiteLLM sealed",
    target="litellm",
    version="1.83.0",
    kind="safety",
    gain="LiteLLM sends requests to the configured address alone, and logs no prompts",
    module="app.patches.litellm_seal",
)

REGISTER: Final[Sequence[Patch]] = (
    LAZY_IMPORTS,
    ABSENT_PACKAGES,
    HIDDEN_VARIABLES,
    GARBAGE_COLLECTION,
    PLAIN_LITESTAR,
    SINGLE_HOP_SQLITE,
    COMPILED_STATEMENTS,
    AGENT_IDENTITY,
    STATIC_TOOLS,
    AGENT_REFERENCES,
    RAW_RESPONSE_TOOLS,
    DEFAULT_RUNNER,
    OPENAI_SEAL,
    TOOL_FAILURES,
    BOUNDED_CONNECTIONS,
    LITELLM_SEAL,
)
