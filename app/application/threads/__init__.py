"""Threads: the notifying store, the change feed, retention, and a user's personal data."""
