"""Threads: change feed, retention, and a user's personal data."""
