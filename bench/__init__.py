"""Benchmarks: the cost of a token, a turn, a store and a start, against servers for comparison."""
