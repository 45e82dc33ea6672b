"""Brought code: what people already have and `ASSISTANT` may name, besides an agent, run as it is."""
