"""The ways in: HTTP, ChatKit's protocol, the command line."""
