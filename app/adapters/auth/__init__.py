"""The ways to tell who is asking."""
