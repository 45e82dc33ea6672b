"""Assistants of the tests: importable modules, one for each kind of agent."""
