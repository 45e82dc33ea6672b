"""Workflow hooks: the hooks of a workflow's runs, whose code connects its MCP servers itself."""

from collections.abc import Sequence
from typing import Any

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.run.agent_mcp_servers import AgentMcpServers
from app.adapters.agents_sdk.run.effects import RunEffects
from app.adapters.agents_sdk.run.hooks import OutletHooks
from app.adapters.agents_sdk.run.transcript import RunTranscript
from app.adapters.brought.workflow_outlet import WorkflowOutlet


class _OwnServers(AgentMcpServers):
    def __init__(self) -> None:
        super().__init__(())

    async def require(self, servers: Sequence[Any]) -> None:
        """Leave the servers to the code that has opened them."""


def workflow_hooks(
    outlet: WorkflowOutlet, transcript: RunTranscript, assistant: Assistant, effects: RunEffects
) -> OutletHooks:
    """Return the hooks of one run of a workflow."""
    return OutletHooks(outlet, transcript, assistant, effects, _OwnServers())
