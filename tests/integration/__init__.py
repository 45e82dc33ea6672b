"""Integration tests: several modules together, with real databases and HTTP servers."""
