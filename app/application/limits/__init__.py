"""Limits of a user or address, and the counters behind them."""
