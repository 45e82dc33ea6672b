"""The assistants that this server brings."""
