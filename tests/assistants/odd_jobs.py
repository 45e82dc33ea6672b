"""An agent with MCP servers of the SDK: one is a program, one is reached over HTTP, and one does not exist."""

import os
import sys

from agents import Agent
from agents.mcp import MCPServerStdio, MCPServerStreamableHttp

program = MCPServerStdio(
    {
        "command": sys.executable,
        "args": ["-m", "tests.fakes.mcp_stdio"],
        "env": {"PYTHONPATH": os.environ["PYTHONPATH"]},
    },
    name="odd jobs",
)
remote = MCPServerStreamableHttp({"url": os.environ.get("REMOTE_MCP", "http://127.0.0.1:9/mcp")}, name="remote jobs")
nothing = MCPServerStdio({"command": "/no/such/program"}, name="no jobs")

lost = Agent(name="Lost", instructions="You have no tools.", mcp_servers=[nothing])
far = Agent(name="Far", instructions="Your tools are elsewhere.", mcp_servers=[remote])
odd_jobs = Agent(name="Jobs", instructions="You do odd jobs.", mcp_servers=[program], handoffs=[lost, far])
