"""The HTTP server: routes, errors, and authentication."""
