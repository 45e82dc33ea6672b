"""The task tools for other programs: an MCP server."""
