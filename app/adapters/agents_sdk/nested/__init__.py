"""Runs that code starts inside a turn: in tools, and agents as tools."""
