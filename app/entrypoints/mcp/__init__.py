"""The MCP server: task tools for other programs."""
