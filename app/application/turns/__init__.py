"""Turns: admission, journal, leases, recovery, and turns of other processes."""
