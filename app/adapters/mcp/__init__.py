"""Tools of other programs for the assistant: the client side of MCP."""
