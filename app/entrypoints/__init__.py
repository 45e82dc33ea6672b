"""Entrypoints: HTTP, ChatKit's protocol, MCP, and the command line."""
