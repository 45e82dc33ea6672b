"""Turns: admission, journal, leases, truncation, recovery, and turns of other processes."""
