"""Async helpers without use cases, for every layer: notifications, deadlines, lazy values."""
