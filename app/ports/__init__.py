"""Ports: the contracts between the application and its adapters, one a file, each with a suite in tests/contracts."""
