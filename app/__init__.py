"""Anyport: a self-hosted ChatKit server."""
