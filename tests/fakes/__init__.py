"""Fakes of upstreams, login services and MCP servers, on real sockets."""
