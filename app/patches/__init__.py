"""Patches: every change of another library's behaviour, listed in `register`."""
