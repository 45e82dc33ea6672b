"""Servers for comparison: the usual ChatKit server, and a relay with the minimum cost."""
