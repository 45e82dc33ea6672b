"""Tests, in two lanes: `lanes.py` lists the slow ones. Helpers for all kinds of tests are here."""
