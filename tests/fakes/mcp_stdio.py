"""A small MCP server over stdio, as a program of its own: `python -m tests.fakes.mcp_stdio`."""

import asyncio
import os

from mcp.server.mcpserver import MCPServer

server = MCPServer("odd jobs")


@server.tool()
def shout(text: str) -> str:
    """Say it louder."""
    return text.upper()


@server.tool()
def long_story() -> str:
    """Return a very long text."""
    return "x" * 200_000


@server.tool()
async def sleep() -> str:
    """Take for ever."""
    await asyncio.Event().wait()
    return "never"


@server.tool()
def fail() -> str:
    """Go wrong."""
    raise RuntimeError("it went wrong")


@server.tool()
def die() -> str:
    """End the program in the middle of a call."""
    os._exit(1)


@server.tool()
def secrets() -> str:
    """What the environment holds."""
    return " ".join(f"{name}={value}" for name, value in os.environ.items() if "KEY" in name)


if __name__ == "__main__":
    server.run("stdio")
