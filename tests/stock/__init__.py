"""Replay of each request type against ChatKit's stock server and ours, on the same store."""
