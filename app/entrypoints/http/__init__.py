"""The HTTP server: routes, errors, and who is asking."""
