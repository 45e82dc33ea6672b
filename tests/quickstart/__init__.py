"""Quickstart server of ChatKit's documentation, which the conformance kit examines."""
