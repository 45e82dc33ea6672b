"""Approvals: calls that wait for the user, over a real store and the real loop of the SDK."""
