"""Adapters: the implementations of the ports, a folder for each kind."""
