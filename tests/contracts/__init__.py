"""Contracts: the guarantees of each port, on every adapter."""
