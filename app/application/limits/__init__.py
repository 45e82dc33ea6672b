"""Limits: what one user or address may take, and the counters behind it."""
