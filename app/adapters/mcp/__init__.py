"""MCP client: tools of other programs for the assistant."""
