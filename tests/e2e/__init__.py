"""End-to-end tests: a server process, over HTTP."""
