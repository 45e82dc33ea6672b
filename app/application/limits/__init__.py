"""Limits: rules for a user or address, open requests, and the counters behind them."""
